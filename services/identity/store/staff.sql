-- insert --
-- staff_email_once refuses an address in use.
INSERT INTO identity.staff (id, email, name, roles, password_hash, created_at)
VALUES (%(id)s, %(email)s, %(name)s, %(roles)s, %(password_hash)s, %(now)s);

-- join --
-- Clinics of a person; the caller's scope decides which may be written.
INSERT INTO identity.memberships (clinic_id, staff_id)
SELECT
    clinic_id,
    %(staff_id)s::uuid
FROM unnest(%(clinic_ids)s::uuid[]) AS wanted (clinic_id);

-- leave --
-- All clinics of a person.
DELETE FROM identity.memberships
WHERE staff_id = %(staff_id)s;

-- find --
-- One person, with the clinics that the caller may see; nobody without a clinic in sight, except for headquarters.
SELECT s.*
FROM (
    SELECT
        p.*,
        array(
            SELECT m.clinic_id FROM identity.memberships AS m
            WHERE m.staff_id = p.id
            ORDER BY m.clinic_id
        ) AS clinic_ids
    FROM identity.staff AS p
    WHERE p.id = %(id)s
) AS s
WHERE %(everywhere)s::boolean OR cardinality(s.clinic_ids) > 0;

-- lock --
-- Two administrators change one person one after the other.
SELECT id FROM identity.staff
WHERE id = %(id)s
FOR UPDATE;

-- by_email --
-- For signing in: with what proves them.
SELECT
    p.*,
    array(
        SELECT m.clinic_id FROM identity.memberships AS m
        WHERE m.staff_id = p.id
        ORDER BY m.clinic_id
    ) AS clinic_ids
FROM identity.staff AS p
WHERE lower(p.email) = lower(%(email)s);

-- page --
-- Staff by name, those whom the caller may see.
SELECT s.*
FROM (
    SELECT
        p.*,
        lower(p.name) AS sort_name,
        array(
            SELECT m.clinic_id FROM identity.memberships AS m
            WHERE m.staff_id = p.id
            ORDER BY m.clinic_id
        ) AS clinic_ids
    FROM identity.staff AS p
    WHERE
        %(after_name)s::text IS NULL
        OR (lower(p.name), p.id) > (%(after_name)s::text, %(after_id)s::uuid)
) AS s
WHERE %(everywhere)s::boolean OR cardinality(s.clinic_ids) > 0
ORDER BY s.sort_name, s.id
LIMIT %(limit)s::integer;

-- update --
-- `epoch_step` 1 makes older access tokens worthless.
UPDATE identity.staff SET
    email = %(email)s,
    name = %(name)s,
    roles = %(roles)s,
    active = %(active)s,
    password_hash = coalesce(%(password_hash)s::text, password_hash),
    epoch = epoch + %(epoch_step)s::integer,
    version = version + 1
WHERE id = %(id)s AND version = %(version)s::bigint;

-- set_password --
-- A new hash of the same password, or a new password.
UPDATE identity.staff SET password_hash = %(password_hash)s
WHERE id = %(id)s;

-- offer_otp --
-- A secret that counts once its owner has shown a code of it.
UPDATE identity.staff SET otp_secret = %(otp_secret)s, otp_confirmed = FALSE, otp_last_step = 0
WHERE id = %(id)s AND NOT otp_confirmed;

-- use_otp --
-- The step is kept so that its code counts once, also for two requests at the same moment.
UPDATE identity.staff SET otp_last_step = %(step)s::bigint, otp_confirmed = TRUE
WHERE id = %(id)s AND otp_last_step < %(step)s::bigint;

-- drop_otp --
-- Back to the password alone.
UPDATE identity.staff SET otp_secret = NULL, otp_confirmed = FALSE, otp_last_step = 0
WHERE id = %(id)s;
