-- insert --
-- Its hours follow in their own table.
INSERT INTO booking.clinics (
    id, name, time_zone, jurisdiction, phone, email, step_minutes, lead_minutes, horizon_days, screening_first,
    closed_on_holidays, active, version
) VALUES (
    %(id)s, %(name)s, %(time_zone)s, %(jurisdiction)s, %(phone)s, %(email)s, %(step_minutes)s, %(lead_minutes)s,
    %(horizon_days)s, %(screening_first)s, %(closed_on_holidays)s, TRUE, 1
);

-- update --
-- The row was locked by `lock`; every field is written, changed or not.
UPDATE booking.clinics SET
    name = %(name)s,
    time_zone = %(time_zone)s,
    jurisdiction = %(jurisdiction)s,
    phone = %(phone)s,
    email = %(email)s,
    step_minutes = %(step_minutes)s,
    lead_minutes = %(lead_minutes)s,
    horizon_days = %(horizon_days)s,
    screening_first = %(screening_first)s,
    closed_on_holidays = %(closed_on_holidays)s,
    active = %(active)s,
    version = version + 1
WHERE id = %(id)s;

-- find --
-- One clinic.
SELECT * FROM booking.clinics
WHERE id = %(id)s;

-- lock --
-- One change of a clinic at a time.
SELECT * FROM booking.clinics
WHERE id = %(id)s FOR NO KEY UPDATE;

-- page --
-- The caller's clinics, by name; row-level security hides the others.
SELECT * FROM booking.clinics
WHERE %(name)s::text IS NULL OR (name, id) > (%(name)s::text, %(id)s::uuid)
ORDER BY name, id
LIMIT %(limit)s;
