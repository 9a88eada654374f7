-- put --
-- The longer one holds.  No row comes back for a device that nobody knows, or that is suspended already.
INSERT INTO device_telemetry.suspensions AS known (device_id, clinic_id, until, reason, made_at)
SELECT
    d.id,
    d.clinic_id,
    %(until)s::timestamptz,
    %(reason)s,
    %(now)s::timestamptz
FROM device_telemetry.devices AS d
WHERE d.id = %(device_id)s::uuid
ON CONFLICT (device_id) DO UPDATE
    SET
        clinic_id = excluded.clinic_id,
        until = excluded.until,
        reason = excluded.reason,
        made_at = excluded.made_at
    WHERE known.until < excluded.until
RETURNING clinic_id;

-- lift --
-- The device comes back by itself.
DELETE FROM device_telemetry.suspensions
WHERE device_id = %(device_id)s::uuid;
