-- What an event said besides its name: another event under a used name is a contradiction.  Null: kept before this.
ALTER TABLE device_telemetry.device_events ADD COLUMN digest bytea;

-- gone_at: a last will was heard and nothing since; heard_at: the last status; connection: which one it was said on.
ALTER TABLE device_telemetry.device_states
ADD COLUMN gone_at timestamptz,
ADD COLUMN heard_at timestamptz,
ADD COLUMN connection bigint;

-- Since when we have listened without a break: devices need a while to come back after one.
ALTER TABLE device_telemetry.lanes ADD COLUMN unbroken_since timestamptz;
