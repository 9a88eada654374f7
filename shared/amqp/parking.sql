-- add --
-- Whatever could be read of the event is kept beside its bytes.
INSERT INTO parked (
    id, event_id, type, source, subject, sequence, clinic_id, body, reason, error, tries, traceparent, parked_at
)
VALUES (
    %(id)s, %(event_id)s, %(type)s, %(source)s, %(subject)s, %(sequence)s, %(clinic_id)s, %(body)s, %(reason)s,
    %(error)s, %(tries)s, %(traceparent)s, %(now)s
);

-- listed --
-- Oldest first, without what happened: that is shown one event at a time.
SELECT id, event_id, type, clinic_id, reason, error, tries, traceparent, parked_at
FROM parked
ORDER BY parked_at, id
LIMIT %(most)s::bigint;

-- find --
-- One, whole.
SELECT * FROM parked
WHERE id = %(id)s::uuid
FOR UPDATE;

-- remove --
-- After its replay or its end.
DELETE FROM parked
WHERE id = %(id)s::uuid;

-- replay --
-- Straight to this one consumer: the exchange would hand it to every other as well.
INSERT INTO retries (id, type, source, subject, sequence, clinic_id, body, due_at, replayed)
SELECT
    coalesce(parked.event_id, parked.id) AS event_id,
    coalesce(parked.type, 'unreadable') AS type,
    coalesce(parked.source, '/unreadable') AS source,
    coalesce(parked.subject, parked.id) AS subject,
    coalesce(parked.sequence, 0) AS sequence,
    parked.clinic_id,
    parked.body,
    %(now)s::timestamptz AS due_at,
    TRUE AS replayed
FROM parked
WHERE parked.id = %(id)s::uuid
ON CONFLICT (id) DO NOTHING;

-- record --
-- Who did what, for the audit.
INSERT INTO parked_actions (parked_id, event_id, type, action, done_by, why, done_at)
VALUES (%(id)s, %(event_id)s, %(type)s, %(action)s, %(by)s, %(why)s, %(now)s);

-- waiting --
-- For the gauge.
SELECT count(*) AS parked FROM parked;
