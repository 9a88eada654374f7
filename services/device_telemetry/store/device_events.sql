-- insert --
-- The device's own number names an event for ever: a repeat inserts nothing, and tells whether it says the same.
WITH added AS (
    INSERT INTO device_telemetry.device_events
    (device_id, boot_id, seq, clinic_id, event, said_at, received_at, facts, digest)
    VALUES
    (
        %(device_id)s::uuid, %(boot_id)s, %(seq)s, %(clinic_id)s::uuid, %(event)s, %(said_at)s, %(received_at)s,
        %(facts)s, %(digest)s
    )
    ON CONFLICT DO NOTHING
    RETURNING device_id
)

SELECT
    known.digest IS NULL OR known.digest = %(digest)s::bytea AS same
FROM device_telemetry.device_events AS known
WHERE
    known.device_id = %(device_id)s::uuid AND known.boot_id = %(boot_id)s AND known.seq = %(seq)s
    AND NOT EXISTS (SELECT added.device_id FROM added);

-- overtaken --
-- Something later of the same kind is known: by number within a start, by start and time across them.
SELECT later.seq
FROM device_telemetry.device_events AS later
WHERE
    later.device_id = %(device_id)s::uuid AND later.event = any(%(events)s::text[])
    AND (
        (later.boot_id = %(boot_id)s AND later.seq > %(seq)s)
        OR (later.boot_id > %(boot_id)s AND later.said_at > %(said_at)s::timestamptz)
    )
ORDER BY later.boot_id DESC, later.seq DESC
LIMIT 1;

-- forget --
-- Older than any event that may still arrive, so that none counts twice.
DELETE FROM device_telemetry.device_events
WHERE received_at < %(before)s::timestamptz;
