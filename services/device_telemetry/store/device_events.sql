-- insert --
-- The device's own number names an event for ever: a repeat inserts nothing.
INSERT INTO device_telemetry.device_events
(device_id, boot_id, seq, clinic_id, event, said_at, received_at, facts)
VALUES
(
    %(device_id)s::uuid, %(boot_id)s, %(seq)s, %(clinic_id)s::uuid, %(event)s, %(said_at)s, %(received_at)s,
    %(facts)s
)
ON CONFLICT DO NOTHING;
