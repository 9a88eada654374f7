-- remember --
-- The name of today: people marry.
INSERT INTO device_telemetry.staff_names (staff_id, name) VALUES (%(staff_id)s::uuid, %(name)s)
ON CONFLICT (staff_id) DO UPDATE SET name = excluded.name;
