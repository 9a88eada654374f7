-- saw --
-- The first time counts; a device that invents versions is not followed for ever.
INSERT INTO device_telemetry.device_firmware (device_id, version, clinic_id, first_seen_at)
SELECT
    %(device_id)s::uuid AS device_id, %(version)s::text AS version, %(clinic_id)s::uuid AS clinic_id,
    %(now)s::timestamptz AS first_seen_at
WHERE
    (
        SELECT count(*) FROM device_telemetry.device_firmware AS f
        WHERE f.device_id = %(device_id)s::uuid
    ) < %(most)s
ON CONFLICT (device_id, version) DO NOTHING;

-- of_device --
-- What the device has run, the latest first.
SELECT
    f.version, f.first_seen_at, w.id IS NOT NULL AS withdrawn
FROM device_telemetry.device_firmware AS f
INNER JOIN device_telemetry.devices AS d ON f.device_id = d.id
LEFT JOIN device_telemetry.withdrawn_firmware AS w ON d.model = w.model AND f.version = w.version
WHERE
    f.device_id = %(device_id)s::uuid
    AND (
        %(seen_at)s::timestamptz IS NULL
        OR (f.first_seen_at, f.version) < (%(seen_at)s::timestamptz, %(version)s::text)
    )
ORDER BY f.first_seen_at DESC, f.version DESC
LIMIT %(limit)s;

-- withdraw --
-- withdrawn_firmware_once refuses a version that is withdrawn already.
INSERT INTO device_telemetry.withdrawn_firmware (id, model, version, reason, withdrawn_at, withdrawn_by)
VALUES (%(id)s::uuid, %(model)s, %(version)s, %(reason)s, %(now)s, %(by)s::uuid);

-- withdrawals --
-- Newest first.
SELECT id, model, version, reason, withdrawn_at, withdrawn_by FROM device_telemetry.withdrawn_firmware
WHERE
    (%(id)s::uuid IS NULL OR id = %(id)s::uuid)
    AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
ORDER BY id DESC
LIMIT %(limit)s;

-- lift --
-- The version may be used again.
DELETE FROM device_telemetry.withdrawn_firmware
WHERE id = %(id)s::uuid;

-- to_judge --
-- Devices that run a withdrawn version and count as fit for it, and those of which it is no longer true.
SELECT d.id
FROM device_telemetry.devices AS d
LEFT JOIN device_telemetry.withdrawn_firmware AS w ON d.model = w.model AND d.firmware = w.version
WHERE d.status <> 'retired' AND (w.id IS NOT NULL) <> ('firmware_withdrawn' = any(d.reasons))
ORDER BY d.id
LIMIT 200;
