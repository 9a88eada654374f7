-- keep --
-- Only the hash: who reads the table opens nothing.
INSERT INTO device_telemetry.stream_tickets (sha256, staff_id, of_clinic, of_device, expires_at)
VALUES (%(sha256)s::bytea, %(staff_id)s::uuid, %(of_clinic)s::uuid, %(of_device)s::uuid, %(expires_at)s::timestamptz);

-- forget --
-- Those that nobody used in time.
DELETE FROM device_telemetry.stream_tickets
WHERE expires_at < %(now)s::timestamptz;

-- use --
-- Whoever takes it away is the only one whom it lets in.
DELETE FROM device_telemetry.stream_tickets
WHERE sha256 = %(sha256)s::bytea AND expires_at >= %(now)s::timestamptz
RETURNING staff_id, of_clinic, of_device;
