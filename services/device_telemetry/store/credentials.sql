-- insert --
-- The secret itself is never stored.
INSERT INTO device_telemetry.credentials (id, device_id, clinic_id, kind, named, secret_sha256, made_at)
VALUES
(
    %(id)s::uuid, %(device_id)s::uuid, %(clinic_id)s::uuid, %(kind)s, %(kind)s = 'certificate', %(sha256)s, %(now)s
);

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

-- end_one --
-- The others hold.  Whoever is connected by one of them comes back at once.
WITH ended AS (
    UPDATE device_telemetry.credentials
    SET valid_until = %(until)s::timestamptz
    WHERE
        id = %(id)s::uuid AND device_id = %(device_id)s::uuid
        AND (valid_until IS NULL OR valid_until > %(until)s::timestamptz)
    RETURNING device_id, clinic_id
)

INSERT INTO device_telemetry.cuts (device_id, clinic_id, due_at)
SELECT
    ended.device_id,
    ended.clinic_id,
    %(until)s::timestamptz
FROM ended
ON CONFLICT DO NOTHING;

-- one --
-- Row-level security hides those of other clinics.
SELECT id FROM device_telemetry.credentials
WHERE id = %(id)s::uuid AND device_id = %(device_id)s::uuid;

-- page --
-- Ids are in the order of time.  Not even a fingerprint leaves the table.
SELECT id, device_id, kind, named, made_at, valid_until
FROM device_telemetry.credentials
WHERE
    device_id = %(device_id)s::uuid
    AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
ORDER BY id DESC
LIMIT %(limit)s;

-- certificates --
-- By which a connection may stand that is to be cut; the youngest, for a connection is one of few.
SELECT id FROM device_telemetry.credentials
WHERE
    device_id = %(device_id)s::uuid AND named
    AND (valid_until IS NULL OR valid_until > %(since)s::timestamptz)
ORDER BY id DESC
LIMIT 50;

-- valid --
-- A retired or suspended device has no way in, whatever its secrets say.
SELECT
    d.clinic_id,
    c.id,
    c.kind,
    c.named,
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
