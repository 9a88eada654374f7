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
-- Something later of the same kind is known: by number within a start, by start and time across them.  The newest of
-- each kind tell it: a device may have sent any number that are of long ago by its own clock.
WITH kind AS (
    SELECT unnest(%(events)s::text[]) AS event
)

SELECT later.seq
FROM kind
CROSS JOIN
    LATERAL (
        SELECT
            e.boot_id,
            e.seq,
            e.said_at
        FROM device_telemetry.device_events AS e
        WHERE
            e.device_id = %(device_id)s::uuid AND e.event = kind.event
            AND e.event IN ('needling_started', 'needling_stopped', 'cartridge_inserted', 'cartridge_removed')
            AND (e.boot_id, e.seq) > (%(boot_id)s::bigint, %(seq)s::bigint)
        ORDER BY e.boot_id DESC, e.seq DESC
        LIMIT 500
    ) AS later
WHERE later.boot_id = %(boot_id)s::bigint OR later.said_at > %(said_at)s::timestamptz
ORDER BY later.boot_id DESC, later.seq DESC
LIMIT 1;

-- forget --
-- Older than any event that may still arrive, so that none counts twice.  A bounded step: whoever calls comes again.
DELETE FROM device_telemetry.device_events
WHERE (device_id, boot_id, seq) IN (
    SELECT old.device_id, old.boot_id, old.seq FROM device_telemetry.device_events AS old
    WHERE old.received_at < %(before)s::timestamptz
    ORDER BY old.received_at
    LIMIT %(most)s::int
);
