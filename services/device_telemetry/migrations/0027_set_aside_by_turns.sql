-- squawk-ignore-file require-concurrent-index-creation
-- squawk-ignore-file require-concurrent-index-deletion
-- (a migration is one transaction)
-- What is tried again is tried of one sender after the other, so that half a million of one pen's keep nobody waiting.
-- Nobody's have no device.  An index on an expression would not do: row-level security keeps it from being searched.
CREATE INDEX set_aside_by_turns ON device_telemetry.set_aside (device_id, again_at, id) WHERE again_at IS NOT NULL;
DROP INDEX device_telemetry.set_aside_again;
