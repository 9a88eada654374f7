-- claim --
-- The next events, in order.  One that the broker did not take holds back the later ones of its subject.
SELECT
    outbox.position,
    outbox.id::text,
    outbox.type,
    outbox.subject::text,
    outbox.clinic_id::text,
    outbox.sequence,
    to_char(outbox.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time,
    outbox.data::text,
    outbox.traceparent
FROM outbox
WHERE
    (outbox.not_before IS NULL OR outbox.not_before <= statement_timestamp())
    AND NOT EXISTS (
        SELECT 1 FROM outbox AS earlier
        WHERE
            earlier.not_before > statement_timestamp()
            AND earlier.subject = outbox.subject
            AND earlier.position < outbox.position
    )
ORDER BY outbox.position
LIMIT %(most)s
FOR UPDATE;

-- delete --
-- The broker answers for them now.
DELETE FROM outbox
WHERE position = any(%(positions)s::bigint[]);

-- hold_back --
-- Nobody took it: tried again with growing pauses, at most ten minutes, and shown meanwhile.
UPDATE outbox
SET
    attempts = attempts + 1,
    not_before = statement_timestamp() + least(interval '10 minutes', interval '1 second' * 2 ^ least(attempts, 10)),
    last_error = %(error)s
WHERE id = %(id)s::uuid;

-- oldest --
-- Its age is what to alarm on: it grows when the broker is away or an event is stuck.
SELECT coalesce(extract(EPOCH FROM statement_timestamp() - min(time)), 0)::float AS seconds FROM outbox;
