-- Which device it is and who has looked, in words.
ALTER TABLE headquarters.alarms ADD COLUMN device_name text;
ALTER TABLE headquarters.alarms ADD COLUMN acknowledged_by_name text;
