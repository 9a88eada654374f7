-- Whether somebody has looked at an alarm, and whether the device has answered its stop.
ALTER TABLE headquarters.alarms ADD COLUMN late boolean NOT NULL DEFAULT FALSE;
ALTER TABLE headquarters.alarms ADD COLUMN acknowledged_at timestamptz;
ALTER TABLE headquarters.alarms ADD COLUMN acknowledged_by uuid;
ALTER TABLE headquarters.alarms ADD COLUMN escalated_at timestamptz;
ALTER TABLE headquarters.alarms ADD COLUMN stop_sent_at timestamptz;
ALTER TABLE headquarters.alarms ADD COLUMN stop_confirmed_at timestamptz;
