-- forget_opening --
-- Hours are replaced as a whole.
DELETE FROM booking.opening_hours
WHERE clinic_id = %(clinic_id)s;

-- open --
-- A clinic's week, in one trip.
INSERT INTO booking.opening_hours (clinic_id, weekday, opens_minute, closes_minute)
SELECT %(clinic_id)s::uuid, week.weekday, week.opens_minute, week.closes_minute
FROM unnest(%(weekdays)s::bigint[], %(opens)s::bigint[], %(closes)s::bigint[])
    AS week (weekday, opens_minute, closes_minute);

-- opening --
-- The opening hours of some clinics.
SELECT clinic_id, weekday, opens_minute, closes_minute
FROM booking.opening_hours
WHERE clinic_id = any(%(clinic_ids)s::uuid[])
ORDER BY clinic_id, weekday, opens_minute;

-- forget_working --
-- Hours are replaced as a whole.
DELETE FROM booking.working_hours
WHERE clinic_id = %(clinic_id)s AND practitioner_id = %(practitioner_id)s;

-- work --
-- A practitioner's week at a clinic, in one trip.
INSERT INTO booking.working_hours (clinic_id, practitioner_id, weekday, opens_minute, closes_minute)
SELECT %(clinic_id)s::uuid, %(practitioner_id)s::uuid, week.weekday, week.opens_minute, week.closes_minute
FROM unnest(%(weekdays)s::bigint[], %(opens)s::bigint[], %(closes)s::bigint[])
    AS week (weekday, opens_minute, closes_minute);

-- working --
-- The working hours of the active practitioners of a clinic.
SELECT w.practitioner_id, w.weekday, w.opens_minute, w.closes_minute
FROM booking.working_hours AS w
INNER JOIN booking.practitioners AS p ON w.clinic_id = p.clinic_id AND w.practitioner_id = p.id
WHERE w.clinic_id = %(clinic_id)s AND (p.active OR NOT %(active_only)s::boolean)
ORDER BY w.practitioner_id, w.weekday, w.opens_minute;
