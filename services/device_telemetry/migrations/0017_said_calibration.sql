-- When a device says it was calibrated: beside what people noted, so that a difference is seen.
ALTER TABLE device_telemetry.device_states ADD COLUMN calibrated_on date;
