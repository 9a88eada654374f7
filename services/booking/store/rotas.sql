-- insert --
-- rotas_never_overlap is the net; the practitioner's row is locked, so that nobody adds another meanwhile.
INSERT INTO booking.rotas (id, clinic_id, practitioner_id, valid_from, valid_until, every_weeks, hours, version)
VALUES (
    %(id)s, %(clinic_id)s, %(practitioner_id)s, %(valid_from)s, %(valid_until)s, %(every_weeks)s, %(hours)s::jsonb, 1
);

-- update --
-- The practitioner's row was locked; every field is written, changed or not.
UPDATE booking.rotas SET
    valid_from = %(valid_from)s,
    valid_until = %(valid_until)s,
    every_weeks = %(every_weeks)s,
    hours = %(hours)s::jsonb,
    version = version + 1
WHERE clinic_id = %(clinic_id)s AND id = %(id)s;

-- forget --
-- On these dates the person does not work.
DELETE FROM booking.rotas
WHERE clinic_id = %(clinic_id)s AND id = %(id)s;

-- of --
-- All rotas of a practitioner at a clinic, by when they begin: a handful.
SELECT * FROM booking.rotas
WHERE clinic_id = %(clinic_id)s AND practitioner_id = %(practitioner_id)s
ORDER BY valid_from NULLS FIRST;

-- page --
-- The same, page by page; who works since ever comes first.
SELECT
    r.*,
    coalesce(r.valid_from, '0001-01-01'::date) AS begins
FROM booking.rotas AS r
WHERE
    r.clinic_id = %(clinic_id)s AND r.practitioner_id = %(practitioner_id)s
    AND (
        %(begins)s::date IS NULL
        OR (coalesce(r.valid_from, '0001-01-01'::date), r.id) > (%(begins)s::date, %(id)s::uuid)
    )
ORDER BY begins, r.id
LIMIT %(limit)s;

-- standing --
-- The rota without end of each practitioner of a clinic: their ordinary week.
SELECT r.practitioner_id, r.every_weeks, r.hours
FROM booking.rotas AS r
INNER JOIN booking.practitioners AS p ON r.clinic_id = p.clinic_id AND r.practitioner_id = p.id
WHERE r.clinic_id = %(clinic_id)s AND r.valid_until IS NULL AND (p.active OR NOT %(active_only)s::boolean);
