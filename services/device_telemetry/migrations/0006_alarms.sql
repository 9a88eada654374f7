-- An alarm belongs to one session; it knows its stop, and whether it tells of now or of long ago.
-- last_heard_at is our clock where last_over_at is the device's.
-- squawk-ignore-file require-concurrent-index-creation
-- (a migration is one transaction, and alarms and sessions are few beside readings)
ALTER TABLE device_telemetry.alarms ADD COLUMN late boolean NOT NULL DEFAULT FALSE;
ALTER TABLE device_telemetry.alarms ADD COLUMN last_heard_at timestamptz;
ALTER TABLE device_telemetry.alarms ADD COLUMN escalated_at timestamptz;
ALTER TABLE device_telemetry.alarms ADD COLUMN stop_command_id uuid;
CREATE INDEX alarms_of_device ON device_telemetry.alarms (device_id, id);
CREATE INDEX alarms_of_stop ON device_telemetry.alarms (stop_command_id) WHERE stop_command_id IS NOT NULL;

-- Cartridges of one lot run out on one day.
CREATE INDEX sessions_of_lot ON device_telemetry.sessions (cartridge_lot, started_at);
