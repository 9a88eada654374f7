-- remember --
-- A row to lock, for whatever can be in one place only.
INSERT INTO booking.resources (id, kind) VALUES (%(id)s, %(kind)s) ON CONFLICT DO NOTHING;

-- kind --
-- What something is that can be in one place only.
SELECT kind FROM booking.resources
WHERE id = %(id)s;

-- things --
-- The rooms and devices that a clinic's appointments can take.
SELECT id FROM booking.rooms
WHERE clinic_id = %(clinic_id)s AND active
UNION ALL
SELECT id FROM booking.devices
WHERE clinic_id = %(clinic_id)s;

-- lock --
-- Always in this order, so that two bookings never wait for each other.
SELECT id FROM booking.resources
WHERE id = any(%(ids)s::uuid[])
ORDER BY array_position(ARRAY['practitioner', 'room', 'device', 'client'], kind), id
FOR NO KEY UPDATE;
