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
