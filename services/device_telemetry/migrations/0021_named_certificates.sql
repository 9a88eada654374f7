-- A certificate made for this row names it, so that it can be ended alone; those of before name their device only.
ALTER TABLE device_telemetry.credentials ADD COLUMN named boolean NOT NULL DEFAULT FALSE;
