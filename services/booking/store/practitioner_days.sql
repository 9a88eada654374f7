-- insert --
-- Nothing is inserted when the date has an exception already.
INSERT INTO booking.practitioner_days (id, clinic_id, practitioner_id, day, hours, version)
VALUES (%(id)s, %(clinic_id)s, %(practitioner_id)s, %(day)s, %(hours)s::jsonb, 1)
ON CONFLICT (clinic_id, practitioner_id, day) DO NOTHING;

-- update --
-- The row was locked by `lock`; the date stays, another date is another exception.
UPDATE booking.practitioner_days SET
    hours = %(hours)s::jsonb,
    version = version + 1
WHERE clinic_id = %(clinic_id)s AND id = %(id)s;

-- forget --
-- The date follows the rota again.
DELETE FROM booking.practitioner_days
WHERE clinic_id = %(clinic_id)s AND id = %(id)s;

-- find --
-- One exception of a practitioner.
SELECT * FROM booking.practitioner_days
WHERE clinic_id = %(clinic_id)s AND practitioner_id = %(practitioner_id)s AND id = %(id)s;

-- lock --
-- One change of an exception at a time.
SELECT * FROM booking.practitioner_days
WHERE clinic_id = %(clinic_id)s AND practitioner_id = %(practitioner_id)s AND id = %(id)s FOR UPDATE;

-- between --
-- The exceptions of a practitioner's dates, both ends included.
SELECT * FROM booking.practitioner_days
WHERE
    clinic_id = %(clinic_id)s AND practitioner_id = %(practitioner_id)s
    AND day BETWEEN %(first)s::date AND %(last)s::date
ORDER BY day;
