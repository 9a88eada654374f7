-- note --
-- Only where somebody waits, and only what is still to come: who joins later is looked at then.
INSERT INTO booking.freed_places (clinic_id, starts_at, ends_at, look_at)
SELECT
    %(clinic_id)s::uuid AS clinic_id,
    greatest(%(starts_at)s::timestamptz, %(now)s::timestamptz) AS starts_at,
    %(ends_at)s::timestamptz AS ends_at,
    %(now)s::timestamptz AS look_at
WHERE
    %(ends_at)s::timestamptz > %(now)s::timestamptz
    AND EXISTS (
        SELECT FROM booking.waiting_entries
        WHERE clinic_id = %(clinic_id)s::uuid AND status = 'waiting'
    );

-- take --
-- The next place to find somebody for; one that another timer works on is left alone.
SELECT f.*, k.time_zone, k.lead_minutes
FROM booking.freed_places AS f
INNER JOIN booking.clinics AS k ON f.clinic_id = k.id
WHERE f.look_at <= %(now)s
ORDER BY f.look_at, f.id
LIMIT 1
FOR NO KEY UPDATE OF f SKIP LOCKED;

-- advance --
-- Everybody up to here was looked at; the rest of the line follows.
UPDATE booking.freed_places SET
    after_priority = %(priority)s,
    after_created_at = %(created_at)s,
    after_id = %(entry_id)s
WHERE id = %(id)s;

-- postpone --
-- It is night at the clinic.
UPDATE booking.freed_places SET look_at = %(look_at)s
WHERE id = %(id)s;

-- forget --
-- Nobody in line takes what is left of it, or it is over.
DELETE FROM booking.freed_places
WHERE id = %(id)s;
