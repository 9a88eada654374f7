-- put --
-- A repeat only counts; reason and topic belong to the name of what was set aside.
INSERT INTO device_telemetry.set_aside AS known
(id, topic, clinic_id, device_id, reason, detail, body, body_sha256, first_at, last_at)
VALUES
(
    %(id)s::uuid, %(topic)s, %(clinic_id)s::uuid, %(device_id)s::uuid, %(reason)s, %(detail)s, %(body)s,
    sha256(%(body)s::bytea), %(now)s, %(now)s
)
ON CONFLICT (topic, reason, body_sha256) DO UPDATE
    SET times = known.times + 1, last_at = excluded.last_at;

-- of_device --
-- What staff see of it; the bytes themselves stay for an engineer.
SELECT id, topic, reason, detail, octet_length(body) AS bytes, times, first_at, last_at
FROM device_telemetry.set_aside
WHERE
    device_id = %(device_id)s::uuid
    AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
ORDER BY id DESC
LIMIT %(limit)s;
