-- insert --
-- Its row to lock stands in booking.resources already.
INSERT INTO booking.rooms (id, clinic_id, name, kind, turnover_minutes, active, version)
VALUES (%(id)s, %(clinic_id)s, %(name)s, %(kind)s, %(turnover_minutes)s, TRUE, 1);

-- update --
-- The row was locked by `lock`; every field is written, changed or not.
UPDATE booking.rooms SET
    name = %(name)s,
    kind = %(kind)s,
    turnover_minutes = %(turnover_minutes)s,
    active = %(active)s,
    version = version + 1
WHERE clinic_id = %(clinic_id)s AND id = %(id)s;

-- find --
-- One room of a clinic.
SELECT * FROM booking.rooms
WHERE clinic_id = %(clinic_id)s AND id = %(id)s;

-- lock --
-- One change of a room at a time.
SELECT * FROM booking.rooms
WHERE clinic_id = %(clinic_id)s AND id = %(id)s FOR NO KEY UPDATE;

-- page --
-- The rooms of a clinic, by name.
SELECT * FROM booking.rooms
WHERE
    clinic_id = %(clinic_id)s
    AND (%(name)s::text IS NULL OR (name, id) > (%(name)s::text, %(id)s::uuid))
ORDER BY name, id
LIMIT %(limit)s;
