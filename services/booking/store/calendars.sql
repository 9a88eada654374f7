-- insert --
-- A diary's address, by the hash of its secret.
INSERT INTO booking.calendars (id, clinic_id, kind, subject_id, token_hash, created_by, created_at)
VALUES (%(id)s, %(clinic_id)s, %(kind)s, %(subject_id)s, %(token_hash)s, %(created_by)s, %(created_at)s);

-- renew --
-- A new secret; the old address ends with the same statement.
UPDATE booking.calendars SET token_hash = %(token_hash)s
WHERE id = %(id)s AND revoked_at IS NULL;

-- revoke --
-- The address ends; the row stays to say who made it.
UPDATE booking.calendars SET revoked_at = %(now)s
WHERE id = %(id)s AND revoked_at IS NULL;

-- revoke_of --
-- Somebody left, everywhere or from all but some clinics: what they may have written down, and their own diary, end.
UPDATE booking.calendars SET revoked_at = %(now)s
WHERE
    revoked_at IS NULL
    AND (created_by = %(staff_id)s OR subject_id = %(staff_id)s)
    AND (%(kept_at)s::uuid[] IS NULL OR clinic_id <> all(%(kept_at)s::uuid[]));

-- find --
-- One address that counts, of a clinic.
SELECT id, clinic_id, kind, subject_id, created_by, created_at FROM booking.calendars
WHERE clinic_id = %(clinic_id)s AND id = %(id)s AND revoked_at IS NULL;

-- page --
-- A clinic's addresses that count, oldest first.
SELECT id, clinic_id, kind, subject_id, created_by, created_at FROM booking.calendars
WHERE
    clinic_id = %(clinic_id)s AND revoked_at IS NULL
    AND (%(after_id)s::uuid IS NULL OR id > %(after_id)s::uuid)
ORDER BY id
LIMIT %(limit)s;

-- behind --
-- What an address shows.  The hash is looked up, so that how long it takes tells nothing of the secret.
SELECT
    c.id, c.clinic_id, c.kind, c.subject_id, k.name AS clinic_name, k.time_zone,
    coalesce(p.name, r.name) AS subject_name
FROM booking.calendars AS c
INNER JOIN booking.clinics AS k ON c.clinic_id = k.id
LEFT JOIN booking.practitioners AS p
    ON c.kind = 'practitioner' AND c.clinic_id = p.clinic_id AND c.subject_id = p.id
LEFT JOIN booking.rooms AS r ON c.kind = 'room' AND c.subject_id = r.id
WHERE c.token_hash = %(token_hash)s AND c.revoked_at IS NULL;

-- entries --
-- What a diary shows: who and where, never for whom or what.  What was given up is shown for a while, as cancelled:
-- some programs keep what only disappears.
SELECT
    a.id, a.version, a.status, a.starts_at, a.ends_at, p.name AS practitioner_name, r.name AS room_name,
    coalesce(changes.changed_at, a.starts_at) AS changed_at
FROM booking.appointments AS a
INNER JOIN booking.practitioners AS p ON a.clinic_id = p.clinic_id AND a.practitioner_id = p.id
INNER JOIN booking.rooms AS r ON a.room_id = r.id
LEFT JOIN booking.appointment_changes AS changes
    ON a.id = changes.appointment_id AND a.version = changes.version
WHERE
    a.clinic_id = %(clinic_id)s
    AND a.starts_at >= %(starts_from)s AND a.starts_at < %(starts_until)s
    AND (
        a.status = any(%(shown)s::text[])
        OR (a.status = any(%(given_up)s::text[]) AND changes.changed_at >= %(starts_from)s)
    )
    AND (%(practitioner_id)s::uuid IS NULL OR a.practitioner_id = %(practitioner_id)s::uuid)
    AND (%(room_id)s::uuid IS NULL OR a.room_id = %(room_id)s::uuid)
ORDER BY a.starts_at, a.id
LIMIT %(limit)s;
