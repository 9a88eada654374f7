-- remember --
-- Events of one person come in order, so the last word counts.
INSERT INTO booking.staff_members (id, clinic_ids, active)
VALUES (%(id)s, %(clinic_ids)s::uuid[], %(active)s)
ON CONFLICT (id) DO UPDATE SET clinic_ids = excluded.clinic_ids, active = excluded.active;

-- find --
-- Where a person is employed.
SELECT clinic_ids, active FROM booking.staff_members
WHERE id = %(id)s;
