-- A client belongs to one clinic: what is asked of a client is found by the client alone.
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion
-- (the tables are as old as this file: there is nothing yet that a lock could hold up)
DROP INDEX client_records.appointments_client;
DROP INDEX client_records.screenings_client;
DROP INDEX client_records.consents_client;
DROP INDEX client_records.sessions_client;
DROP INDEX client_records.adverse_events_client;
CREATE INDEX screenings_client ON client_records.screenings (client_id, id);
CREATE INDEX consents_client ON client_records.consents (client_id, id);
CREATE INDEX sessions_client ON client_records.sessions (client_id, id);
CREATE INDEX adverse_events_client ON client_records.adverse_events (client_id, id);
