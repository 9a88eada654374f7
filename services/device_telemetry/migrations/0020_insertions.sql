-- squawk-ignore-file require-concurrent-index-creation
-- (a migration is one transaction, and events are kept for 90 days)
-- Where a cartridge was inserted, for its history.
CREATE INDEX device_events_insertions ON device_telemetry.device_events ((facts #>> '{cartridge,serial}'))
WHERE event = 'cartridge_inserted';
