-- squawk-ignore-file require-concurrent-index-creation
-- (a migration is one transaction)
-- What is kept of one sender is counted whenever something of it is set aside: readings, of which there may be half a
-- million, and everybody else's are not read for that (usecases/set_aside.py:READINGS).
CREATE INDEX set_aside_of_sender ON device_telemetry.set_aside
((coalesce(device_id, '00000000-0000-0000-0000-000000000000'::uuid)), id)
WHERE device_id IS NULL OR reason NOT IN ('far_future', 'too_old', 'too_many_gaps', 'session_full');
