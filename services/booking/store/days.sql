-- insert --
-- Nothing is inserted when the date has an exception already.
INSERT INTO booking.clinic_days (id, clinic_id, day, hours, reason, version)
VALUES (%(id)s, %(clinic_id)s, %(day)s, %(hours)s::jsonb, %(reason)s, 1)
ON CONFLICT (clinic_id, day) DO NOTHING;

-- update --
-- The row was locked by `lock`; the date stays, another date is another exception.
UPDATE booking.clinic_days SET
    hours = %(hours)s::jsonb,
    reason = %(reason)s,
    version = version + 1
WHERE clinic_id = %(clinic_id)s AND id = %(id)s;

-- forget --
-- The date is as usual again.
DELETE FROM booking.clinic_days
WHERE clinic_id = %(clinic_id)s AND id = %(id)s;

-- find --
-- One exception of a clinic.
SELECT * FROM booking.clinic_days
WHERE clinic_id = %(clinic_id)s AND id = %(id)s;

-- lock --
-- One change of an exception at a time.
SELECT * FROM booking.clinic_days
WHERE clinic_id = %(clinic_id)s AND id = %(id)s FOR UPDATE;

-- between --
-- The exceptions of a clinic's dates, both ends included.
SELECT * FROM booking.clinic_days
WHERE clinic_id = %(clinic_id)s AND day BETWEEN %(first)s::date AND %(last)s::date
ORDER BY day;
