-- find_clinic --
SELECT name, time_zone, phone, email FROM notification.clinics
WHERE id = %(id)s;

-- keep_clinic --
INSERT INTO notification.clinics AS known (id, clinic_id, name, time_zone, phone, email, sequence)
VALUES (%(id)s, %(id)s, %(name)s, %(time_zone)s, %(phone)s, %(email)s, %(sequence)s)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name,
    time_zone = excluded.time_zone,
    phone = excluded.phone,
    email = excluded.email,
    sequence = excluded.sequence
WHERE known.sequence < excluded.sequence;

-- find_client --
SELECT id, data_key, contact, locale, active, erased FROM notification.clients
WHERE id = %(id)s;

-- lock_client --
SELECT id, data_key FROM notification.clients
WHERE id = %(id)s FOR UPDATE;

-- keep_client --
-- What was erased stays erased, whatever arrives late.
INSERT INTO notification.clients AS known (
    id, clinic_id, data_key, contact, locale, active, version
) VALUES (
    %(id)s, %(clinic_id)s, %(data_key)s, %(contact)s, %(locale)s, %(active)s, %(version)s
)
ON CONFLICT (id) DO UPDATE SET
    clinic_id = excluded.clinic_id,
    data_key = excluded.data_key,
    contact = excluded.contact,
    locale = excluded.locale,
    active = excluded.active,
    version = excluded.version
WHERE known.version < excluded.version AND NOT known.erased;

-- erase_client --
INSERT INTO notification.clients AS known (id, clinic_id, locale, active, erased, version)
VALUES (%(id)s, %(clinic_id)s, 'en', FALSE, TRUE, 0)
ON CONFLICT (id) DO UPDATE SET data_key = NULL, contact = NULL, active = FALSE, erased = TRUE;

-- scope --
SELECT current_setting('needlepoint.clinics', TRUE) AS clinics;
