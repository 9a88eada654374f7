-- The last three differences between our clock and what a device said the time was, the newest first.
ALTER TABLE device_telemetry.device_states ADD COLUMN clock_offsets_ms bigint[];

-- What staff are called, for who has seen an alarm.
CREATE TABLE device_telemetry.staff_names (
    staff_id uuid PRIMARY KEY,
    name text NOT NULL
);

-- What nobody has looked at yet.
-- squawk-ignore-file require-concurrent-index-creation
-- (a migration is one transaction, and open alarms are few)
CREATE INDEX alarms_unseen ON device_telemetry.alarms (raised_at)
WHERE cleared_at IS NULL AND acknowledged_at IS NULL AND escalated_at IS NULL;
