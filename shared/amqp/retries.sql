-- add --
-- A redelivered copy never comes here: its id is in the inbox.  A replayed one may meet itself.
INSERT INTO retries (
    id, type, source, subject, sequence, clinic_id, body, tries, due_at, last_error, replayed
)
VALUES (
    %(id)s, %(type)s, %(source)s, %(subject)s, %(sequence)s, %(clinic_id)s, %(body)s, %(tries)s,
    %(due_at)s, %(error)s, %(replayed)s
)
ON CONFLICT (id) DO NOTHING;

-- claim --
-- The next event that is due and first of its subject.  The try is counted before it is made, so that an event which
-- ends its process does not do so for ever.
UPDATE retries
SET
    tries = tries + 1,
    due_at = %(now)s::timestamptz + %(patience)s::interval
WHERE
    id = (
        SELECT candidate.id FROM retries AS candidate
        WHERE
            candidate.due_at <= %(now)s::timestamptz
            AND (candidate.replayed OR NOT EXISTS (
                SELECT 1 FROM retries AS earlier
                WHERE
                    earlier.source = candidate.source
                    AND earlier.subject = candidate.subject
                    AND earlier.sequence < candidate.sequence
                    AND NOT earlier.replayed
            ))
        ORDER BY candidate.due_at, candidate.sequence
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
RETURNING id, body, tries, replayed;

-- finish --
-- In the transaction of the event's effects: exactly one of two workers gets the row.
DELETE FROM retries
WHERE id = %(id)s::uuid AND tries = %(tries)s::bigint;

-- postpone --
-- After a failed try.
UPDATE retries
SET
    due_at = %(due_at)s,
    last_error = %(error)s
WHERE id = %(id)s::uuid AND tries = %(tries)s::bigint;

-- waiting --
-- For the gauge.
SELECT count(*) AS retrying FROM retries;
