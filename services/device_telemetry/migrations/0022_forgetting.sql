-- squawk-ignore-file require-concurrent-index-creation
-- (a migration is one transaction, and both tables hold ninety days)
-- What is forgotten by its age is found by its age: a device may have sent millions of events, and named a session
-- that nobody knows in each of its batches.  None of the columns is ever changed, so runs are still updated in place.
CREATE INDEX device_events_by_age ON device_telemetry.device_events (received_at);
CREATE INDEX runs_by_age ON device_telemetry.runs (first_received_at);
-- The latest word on how things are (domain/words.py), whatever else was said since.
CREATE INDEX device_events_of_states ON device_telemetry.device_events (device_id, event, boot_id, seq)
WHERE event IN ('needling_started', 'needling_stopped', 'cartridge_inserted', 'cartridge_removed');
