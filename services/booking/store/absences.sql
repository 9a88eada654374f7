-- insert --
-- Absences may overlap: leave inside a training takes nothing away.
INSERT INTO booking.absences (id, practitioner_id, first_day, last_day, kind, version)
VALUES (%(id)s, %(practitioner_id)s, %(first_day)s, %(last_day)s, %(kind)s, 1);

-- update --
-- The row was locked by `lock`; every field is written, changed or not.
UPDATE booking.absences SET
    first_day = %(first_day)s,
    last_day = %(last_day)s,
    kind = %(kind)s,
    version = version + 1
WHERE id = %(id)s;

-- forget --
-- The person works as planned again.
DELETE FROM booking.absences
WHERE id = %(id)s;

-- find --
-- One absence of a person.
SELECT * FROM booking.absences
WHERE practitioner_id = %(practitioner_id)s AND id = %(id)s;

-- lock --
-- One change of an absence at a time.
SELECT * FROM booking.absences
WHERE practitioner_id = %(practitioner_id)s AND id = %(id)s FOR UPDATE;

-- page --
-- By date.
SELECT * FROM booking.absences
WHERE
    practitioner_id = %(practitioner_id)s
    AND (%(first_day)s::date IS NULL OR (first_day, id) > (%(first_day)s::date, %(id)s::uuid))
ORDER BY first_day, id
LIMIT %(limit)s;

-- between --
-- A person's absences that touch these dates.
SELECT * FROM booking.absences
WHERE practitioner_id = %(practitioner_id)s AND first_day <= %(last)s::date AND last_day >= %(first)s::date
ORDER BY first_day, id;
