-- insert --
-- Nothing is inserted when the person practises here already.
INSERT INTO booking.practitioners (
    clinic_id, id, name, credential, max_depth_face_um, max_depth_body_um, valid_until, active, version
) VALUES (
    %(clinic_id)s, %(id)s, %(name)s, %(credential)s, %(max_depth_face_um)s, %(max_depth_body_um)s, %(valid_until)s,
    TRUE, 1
) ON CONFLICT DO NOTHING;

-- update --
-- The row was locked by `lock`; every field is written, changed or not.
UPDATE booking.practitioners SET
    name = %(name)s,
    credential = %(credential)s,
    max_depth_face_um = %(max_depth_face_um)s,
    max_depth_body_um = %(max_depth_body_um)s,
    valid_until = %(valid_until)s,
    active = %(active)s,
    version = version + 1
WHERE clinic_id = %(clinic_id)s AND id = %(id)s;

-- touch --
-- The hours that are shown with the practitioner are kept elsewhere, and changed there; the row was locked.
UPDATE booking.practitioners SET version = version + 1
WHERE clinic_id = %(clinic_id)s AND id = %(id)s;

-- find --
-- One practitioner of a clinic.
SELECT * FROM booking.practitioners
WHERE clinic_id = %(clinic_id)s AND id = %(id)s;

-- lock --
-- One change of a practitioner at a time.
SELECT * FROM booking.practitioners
WHERE clinic_id = %(clinic_id)s AND id = %(id)s FOR NO KEY UPDATE;

-- page --
-- The practitioners of a clinic, by name.
SELECT * FROM booking.practitioners
WHERE
    clinic_id = %(clinic_id)s
    AND (%(name)s::text IS NULL OR (name, id) > (%(name)s::text, %(id)s::uuid))
ORDER BY name, id
LIMIT %(limit)s;

-- active_at --
-- Where a person practises, to end it where they no longer work.
SELECT * FROM booking.practitioners
WHERE id = %(id)s AND active
ORDER BY clinic_id FOR NO KEY UPDATE;
