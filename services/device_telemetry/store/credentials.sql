-- insert --
-- The secret itself is never stored.
INSERT INTO device_telemetry.credentials (id, device_id, clinic_id, kind, secret_sha256, made_at)
VALUES (%(id)s::uuid, %(device_id)s::uuid, %(clinic_id)s::uuid, %(kind)s, %(sha256)s, %(now)s);

-- end_all --
-- Rotation lets the old way in live a little; revocation ends it now.  What came in by it is cut then,
-- whoever ends it and whatever for.
WITH ended AS (
    UPDATE device_telemetry.credentials
    SET valid_until = %(until)s::timestamptz
    WHERE
        device_id = %(device_id)s::uuid
        AND (valid_until IS NULL OR valid_until > %(until)s::timestamptz)
    RETURNING device_id, clinic_id
)

INSERT INTO device_telemetry.cuts (device_id, clinic_id, due_at)
SELECT DISTINCT
    ended.device_id,
    ended.clinic_id,
    %(until)s::timestamptz
FROM ended
ON CONFLICT DO NOTHING;

-- valid --
-- A retired or suspended device has no way in, whatever its secrets say.
SELECT
    d.clinic_id,
    c.kind,
    c.secret_sha256
FROM device_telemetry.devices AS d
INNER JOIN device_telemetry.credentials AS c ON d.id = c.device_id
WHERE
    d.id = %(device_id)s::uuid AND d.status <> 'retired'
    AND (c.valid_until IS NULL OR c.valid_until > %(now)s::timestamptz)
    AND NOT EXISTS (
        SELECT 1 FROM device_telemetry.suspensions AS s
        WHERE s.device_id = d.id AND s.until > %(now)s::timestamptz
    );
