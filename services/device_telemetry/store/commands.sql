-- insert --
-- Said after the commit, and again until the device answers.
INSERT INTO device_telemetry.commands
(id, device_id, clinic_id, session_id, command, body, made_at, next_at, expires_at)
VALUES
(
    %(id)s::uuid, %(device_id)s::uuid, %(clinic_id)s::uuid, %(session_id)s::uuid, %(command)s, %(body)s,
    %(now)s, %(now)s, %(expires_at)s
);

-- find --
-- One command of a device in the caller's clinics: what was not answered in time is said no more.
SELECT
    id, device_id, command, made_at, expires_at, done_at,
    CASE
        WHEN done_at IS NOT NULL THEN 'answered'
        WHEN expires_at > %(now)s::timestamptz THEN 'waiting'
        ELSE 'unanswered'
    END AS state
FROM device_telemetry.commands
WHERE id = %(id)s::uuid AND device_id = %(device_id)s::uuid;

-- identify_under_way --
-- Somebody who presses twice means one blinking.
SELECT id FROM device_telemetry.commands
WHERE
    device_id = %(device_id)s::uuid AND command = 'identify' AND done_at IS NULL
    AND expires_at > %(now)s::timestamptz
ORDER BY made_at
LIMIT 1;

-- take_due --
-- Two senders never say the same at once.  However much else there is to say, a stop does not wait behind it.
-- What was due before `oldest` is too late for any device: those that never answer leave many, not to be read each time.
SELECT id, device_id, clinic_id, session_id, command, body, attempts
FROM device_telemetry.commands
WHERE
    done_at IS NULL AND next_at <= %(now)s::timestamptz AND next_at > %(oldest)s::timestamptz
    AND expires_at > %(now)s::timestamptz
ORDER BY (command <> 'stop'), made_at, id
LIMIT 100
FOR UPDATE SKIP LOCKED;

-- said --
-- When to say it again: written before it is said, so that a crash says it again and no row is held meanwhile.
UPDATE device_telemetry.commands
SET attempts = attempts + 1, next_at = %(next_at)s
WHERE id = %(id)s::uuid;

-- give_back --
-- The broker did not take it: say it as soon as it does.
UPDATE device_telemetry.commands
SET attempts = greatest(attempts - 1, 0), next_at = %(now)s
WHERE id = any(%(ids)s::uuid[]) AND done_at IS NULL;

-- done --
-- The device answered.  Only its own commands are its to answer.
UPDATE device_telemetry.commands
SET done_at = %(now)s
WHERE id = %(id)s::uuid AND device_id = %(device_id)s::uuid AND done_at IS NULL;

-- overtake --
-- A session that has ended has no limits to set.
UPDATE device_telemetry.commands
SET done_at = %(now)s
WHERE
    device_id = %(device_id)s::uuid AND session_id = %(session_id)s::uuid AND command = 'set_limits'
    AND done_at IS NULL;

-- say_again --
-- A device that comes back has missed what was said meanwhile.
UPDATE device_telemetry.commands
SET next_at = %(now)s
WHERE device_id = %(device_id)s::uuid AND done_at IS NULL AND expires_at > %(now)s::timestamptz;

-- stop_lately --
-- A stop of the same session that is under way, or that the device has just answered: another session's says
-- nothing of this one, and the end of a session is no alarm's stop.  One under the topic of a clinic that the device has
-- left reaches nobody.
SELECT id, next_at, done_at FROM device_telemetry.commands
WHERE
    device_id = %(device_id)s::uuid AND clinic_id = %(clinic_id)s::uuid AND command = 'stop'
    AND expires_at > %(now)s::timestamptz
    AND session_id IS NOT DISTINCT FROM %(session_id)s::uuid
    AND body ->> 'reason' <> 'session_ended'
    AND (done_at IS NULL OR done_at > %(since)s::timestamptz)
ORDER BY made_at DESC
LIMIT 1;

-- hurry --
-- Its cause goes on: the pause between two tries ends, and it is worth saying for longer.
UPDATE device_telemetry.commands
SET next_at = %(now)s, expires_at = %(expires_at)s
WHERE id = %(id)s::uuid AND done_at IS NULL;

-- drop --
-- The device is gone from where it would have heard them; they count as too late, never as answered.
UPDATE device_telemetry.commands
SET expires_at = %(now)s
WHERE device_id = %(device_id)s::uuid AND done_at IS NULL AND expires_at > %(now)s::timestamptz;

-- forget --
-- Answered or too late, and old.
DELETE FROM device_telemetry.commands
WHERE expires_at < %(before)s::timestamptz;
