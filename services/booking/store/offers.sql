-- insert --
-- The hold of the same id was made in this transaction.
INSERT INTO booking.place_offers (id, entry_id, clinic_id, starts_at, expires_at, status, offered_at)
VALUES (%(id)s, %(entry_id)s, %(clinic_id)s, %(starts_at)s, %(expires_at)s, 'open', %(now)s);

-- settle --
-- Once: an offer that was settled meanwhile stays what it became.
UPDATE booking.place_offers SET
    status = %(status)s,
    appointment_id = %(appointment_id)s,
    settled_at = %(changed_at)s,
    settled_by = %(changed_by)s
WHERE id = %(id)s AND status = 'open';

-- open_of --
-- The offer that an entry has at this moment; the entry is locked.
SELECT id FROM booking.place_offers
WHERE entry_id = %(entry_id)s AND status = 'open';

-- page --
-- One offer, or all that one client was offered, oldest first; with the place that is kept, and the names that people
-- read.
SELECT
    o.*, e.client_id, e.treatment_id, t.name AS treatment_name, a.ends_at, a.practitioner_id,
    p.name AS practitioner_name, k.time_zone
FROM booking.place_offers AS o
INNER JOIN booking.waiting_entries AS e ON o.entry_id = e.id
INNER JOIN booking.appointments AS a ON o.id = a.id
INNER JOIN booking.clinics AS k ON o.clinic_id = k.id
INNER JOIN booking.treatments AS t ON e.treatment_id = t.id
INNER JOIN booking.practitioners AS p ON a.clinic_id = p.clinic_id AND a.practitioner_id = p.id
WHERE
    (%(ids)s::uuid[] IS NULL OR o.id = any(%(ids)s::uuid[]))
    AND (%(entry_id)s::uuid IS NULL OR o.entry_id = %(entry_id)s::uuid)
    AND (
        %(offered_at)s::timestamptz IS NULL OR (o.offered_at, o.id) > (%(offered_at)s::timestamptz, %(id)s::uuid)
    )
ORDER BY o.offered_at, o.id
LIMIT %(limit)s;

-- over --
-- Open offers whose hold ran out, was given back or was booked at the desk, their entries locked.  An entry that
-- somebody answers for at this moment is left alone.
SELECT o.id, o.entry_id, a.status AS hold_status
FROM booking.place_offers AS o
INNER JOIN booking.appointments AS a ON o.id = a.id
INNER JOIN booking.waiting_entries AS e ON o.entry_id = e.id
WHERE
    o.status = 'open' AND e.status = 'offered'
    AND (a.status <> 'held' OR a.expires_at <= %(now)s)
ORDER BY o.expires_at
LIMIT %(limit)s
FOR NO KEY UPDATE OF e SKIP LOCKED;
