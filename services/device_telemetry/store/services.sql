-- insert --
-- The device's row keeps what decides; this is who said so.
INSERT INTO device_telemetry.device_services
(id, device_id, clinic_id, serviced_on, due_on, note, noted_at, noted_by)
VALUES
(
    %(id)s::uuid, %(device_id)s::uuid, %(clinic_id)s::uuid, %(serviced_on)s::date, %(due_on)s::date, %(note)s,
    %(now)s, %(by)s::uuid
);

-- page --
-- Newest entry first.
SELECT id, serviced_on, due_on, note, noted_at, noted_by FROM device_telemetry.device_services
WHERE device_id = %(device_id)s::uuid AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
ORDER BY id DESC
LIMIT %(limit)s;
