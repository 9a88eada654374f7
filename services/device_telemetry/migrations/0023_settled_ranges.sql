-- Of a boot with many holes the older ranges: covered holds the youngest only, so that a batch rewrites few of them.
ALTER TABLE device_telemetry.streams ADD COLUMN settled bigint[] NOT NULL DEFAULT '{}';
