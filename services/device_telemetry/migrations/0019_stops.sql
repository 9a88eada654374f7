-- An alarm asks whether its stop is under way, also among those that were answered.
-- squawk-ignore-file require-concurrent-index-creation
-- (a migration is one transaction, and stops are few)
CREATE INDEX commands_stops ON device_telemetry.commands (device_id, expires_at) WHERE command = 'stop';
