-- insert --
-- An import, before any of its rows was tried.
INSERT INTO booking.imports (
    id, clinic_id, kind, dry_run, status, rows_total, rows_refused, created_by, created_at, turn_at, finished_at
) VALUES (
    %(id)s, %(clinic_id)s, %(kind)s, %(dry_run)s, %(status)s, %(rows_total)s, %(rows_refused)s, %(created_by)s,
    %(created_at)s, %(created_at)s, %(finished_at)s
);

-- insert_rows --
-- The whole file in one trip, as it was given.
INSERT INTO booking.import_rows (import_id, line, clinic_id, given, result_id, status, refusal, refusal_type)
SELECT
    %(id)s::uuid AS import_id,
    rows.line,
    %(clinic_id)s::uuid AS clinic_id,
    rows.given,
    rows.result_id,
    CASE WHEN rows.refusal IS NULL THEN 'waiting' ELSE 'refused' END AS status,
    rows.refusal,
    CASE WHEN rows.refusal IS NOT NULL THEN %(refusal_type)s::text END AS refusal_type
FROM unnest(%(lines)s::bigint[], %(given)s::jsonb[], %(result_ids)s::uuid[], %(refusals)s::text[])
    AS rows (line, given, result_id, refusal);

-- find --
-- One import.
SELECT * FROM booking.imports
WHERE id = %(id)s;

-- lock --
-- One change of an import at a time; a row that is being tried is waited for.
SELECT * FROM booking.imports
WHERE id = %(id)s FOR NO KEY UPDATE;

-- page --
-- A clinic's imports, the newest first.
SELECT * FROM booking.imports
WHERE clinic_id = %(clinic_id)s AND (%(before_id)s::uuid IS NULL OR id < %(before_id)s::uuid)
ORDER BY id DESC
LIMIT %(limit)s;

-- rows --
-- The rows of an import by line, with what came of them.
SELECT line, status, refusal, refusal_type, CASE WHEN status IN ('done', 'known') THEN result_id END AS result_id
FROM booking.import_rows
WHERE
    import_id = %(import_id)s
    AND (%(status)s::text IS NULL OR status = %(status)s::text)
    AND (%(line)s::bigint IS NULL OR line > %(line)s::bigint)
ORDER BY line
LIMIT %(limit)s;

-- set_status --
-- Cancelled, or taken up again.
UPDATE booking.imports SET status = %(status)s, turn_at = %(now)s
WHERE id = %(id)s;

-- claim --
-- The import whose turn it is: none waits for a longer one of another clinic.  Whoever is in one already is left alone.
SELECT * FROM booking.imports
WHERE status = 'running'
ORDER BY turn_at, id
LIMIT 1
FOR NO KEY UPDATE SKIP LOCKED;

-- waiting --
-- The next rows to try, in the file's order.
SELECT line, given, result_id FROM booking.import_rows
WHERE import_id = %(import_id)s AND status = 'waiting'
ORDER BY line
LIMIT %(limit)s;

-- answer --
-- What came of a row, in the transaction of its effect.  What it said is read no more, and who is treated when is not
-- kept twice; only a row that others overtook may be tried again.
UPDATE booking.import_rows SET
    given = CASE WHEN %(refusal_type)s::text = %(overtaken)s::text THEN given ELSE '{}' END,
    status = %(status)s,
    result_id = coalesce(%(result_id)s::uuid, result_id),
    refusal = %(refusal)s,
    refusal_type = %(refusal_type)s
WHERE import_id = %(import_id)s AND line = %(line)s AND status = 'waiting';

-- wait_again --
-- Rows that others overtook wait once more, and the import is not over.
WITH again AS (
    UPDATE booking.import_rows SET status = 'waiting', refusal = NULL, refusal_type = NULL
    WHERE import_id = %(import_id)s AND status = 'refused' AND refusal_type = %(overtaken)s
    RETURNING line
)

UPDATE booking.imports SET rows_refused = rows_refused - (SELECT count(*) FROM again), finished_at = NULL
WHERE id = %(import_id)s AND EXISTS (SELECT FROM again)
RETURNING (SELECT count(*) FROM again) AS rows_again;

-- count --
-- Progress, and the next import's turn; the last row ends the import.
UPDATE booking.imports SET
    rows_done = rows_done + %(done)s::bigint,
    rows_known = rows_known + %(known)s::bigint,
    rows_refused = rows_refused + %(refused)s::bigint,
    turn_at = %(now)s,
    status = CASE
        WHEN rows_done + rows_known + rows_refused + %(tried)s::bigint >= rows_total THEN 'done' ELSE status
    END,
    finished_at = CASE
        WHEN rows_done + rows_known + rows_refused + %(tried)s::bigint >= rows_total THEN %(now)s::timestamptz
    END
WHERE id = %(id)s;

-- forget_references --
-- What others called an erased client's visits may name the client.
DELETE FROM booking.external_references
WHERE appointment_id IN (
    SELECT a.id FROM booking.appointments AS a
    WHERE a.client_id = %(client_id)s
);

-- forget --
-- Files are kept for a while only: they hold who is treated when.
DELETE FROM booking.imports
WHERE id IN (
    SELECT id FROM booking.imports
    WHERE created_at < %(before)s AND status <> 'running'
    ORDER BY created_at
    LIMIT 5
    FOR UPDATE SKIP LOCKED
);

-- refer --
-- A reference counts once at a clinic; whoever is first is waited for.
INSERT INTO booking.external_references (clinic_id, reference, appointment_id)
VALUES (%(clinic_id)s, %(reference)s, %(appointment_id)s)
ON CONFLICT (clinic_id, reference) DO NOTHING;

-- referred --
-- The appointment that has a reference.
SELECT appointment_id FROM booking.external_references
WHERE clinic_id = %(clinic_id)s AND reference = %(reference)s;

-- treatments_named --
-- Two of a name are one too many, so no more are read.
SELECT id FROM booking.treatments
WHERE clinic_id = %(clinic_id)s AND active AND lower(name) = lower(%(name)s)
ORDER BY id
LIMIT 2;

-- practitioners_named --
-- As with treatments.
SELECT id FROM booking.practitioners
WHERE clinic_id = %(clinic_id)s AND active AND lower(name) = lower(%(name)s)
ORDER BY id
LIMIT 2;

-- resources --
-- All that a clinic's bookings of some clients may lock.  What a file calls a client and is none of the clinic's is not
-- locked: it may be somebody whom another clinic is booking.
SELECT id FROM booking.practitioners
WHERE clinic_id = %(clinic_id)s
UNION ALL
SELECT id FROM booking.rooms
WHERE clinic_id = %(clinic_id)s
UNION ALL
SELECT id FROM booking.devices
WHERE clinic_id = %(clinic_id)s
UNION ALL
SELECT id FROM booking.clients
WHERE clinic_id = %(clinic_id)s AND id = any(%(client_ids)s::uuid[]);

-- lock_practitioners --
-- All at once and in one order, before some of them are changed.
SELECT id FROM booking.practitioners
WHERE clinic_id = %(clinic_id)s
ORDER BY id FOR NO KEY UPDATE;
