-- insert --
-- A report; its clock runs.
INSERT INTO client_records.adverse_events
(
    id, clinic_id, client_id, session_id, class, signs, note, onset_at, reply_due_at, seen_due_at, incident,
    reported_at, reported_by
)
VALUES (
    %(id)s, %(clinic_id)s, %(client_id)s, %(session_id)s, %(class)s, %(signs)s, %(note)s, %(onset_at)s,
    %(reply_due_at)s, %(seen_due_at)s, %(incident)s, %(reported_at)s, %(reported_by)s
);

-- of_client --
-- What a client reported, the latest first.
SELECT
    id, clinic_id, client_id, session_id, class, signs, note, onset_at, reply_due_at, seen_due_at, incident,
    reported_at, reported_by
FROM client_records.adverse_events
WHERE client_id = %(client_id)s AND (%(before)s::uuid IS NULL OR id < %(before)s::uuid)
ORDER BY id DESC
LIMIT %(limit)s::bigint;
