-- Written at each batch and each move, and read by nobody.
-- squawk-ignore-file ban-drop-column
-- (both came with 0005 and 0009 and no release lies between)
ALTER TABLE device_telemetry.runs DROP COLUMN last_received_at;
ALTER TABLE device_telemetry.device_places DROP COLUMN since;
