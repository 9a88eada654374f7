-- One device, and one client, are in one running session at a time, in whatever clinic.  What was left running before
-- there was this rule ends now; the youngest goes on.
-- squawk-ignore-file require-concurrent-index-creation
-- (running sessions are few, and the table is young: the locks last a moment)
UPDATE client_records.sessions AS s SET
    state = 'stopped', reason = 'other', ended_at = now()
WHERE
    s.state = 'running'
    AND EXISTS (
        SELECT FROM client_records.sessions AS younger
        WHERE
            younger.state = 'running' AND younger.id > s.id
            AND (younger.device_id = s.device_id OR younger.client_id = s.client_id)
    );
CREATE UNIQUE INDEX sessions_one_running_a_device ON client_records.sessions (device_id) WHERE state = 'running';
CREATE UNIQUE INDEX sessions_one_running_a_client ON client_records.sessions (client_id) WHERE state = 'running';
