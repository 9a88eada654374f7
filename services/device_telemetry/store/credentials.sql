-- insert --
-- The secret itself is never stored.
INSERT INTO device_telemetry.credentials (id, device_id, clinic_id, secret_sha256, made_at)
VALUES (%(id)s::uuid, %(device_id)s::uuid, %(clinic_id)s::uuid, %(sha256)s, %(now)s);

-- end_all --
-- Rotation lets the old secret live a little; revocation ends it now.
UPDATE device_telemetry.credentials
SET valid_until = least(coalesce(valid_until, %(until)s::timestamptz), %(until)s::timestamptz)
WHERE
    device_id = %(device_id)s::uuid AND id IS DISTINCT FROM %(but)s::uuid
    AND (valid_until IS NULL OR valid_until > %(until)s::timestamptz);

-- valid --
-- A retired device has no way in, whatever its secrets say.
SELECT d.clinic_id, c.secret_sha256
FROM device_telemetry.devices AS d
INNER JOIN device_telemetry.credentials AS c ON d.id = c.device_id
WHERE
    d.id = %(device_id)s::uuid AND d.status <> 'retired'
    AND (c.valid_until IS NULL OR c.valid_until > %(now)s::timestamptz);

-- lately_ended --
-- Devices that may still be connected by a secret that no longer works.
SELECT c.device_id, max(c.valid_until) AS ended_at
FROM device_telemetry.credentials AS c
WHERE
    c.valid_until > %(since)s::timestamptz AND c.valid_until <= %(now)s::timestamptz
GROUP BY c.device_id
ORDER BY c.device_id
LIMIT 200;
