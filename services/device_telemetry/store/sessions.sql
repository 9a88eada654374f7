-- begin --
-- Repeats change nothing: a session has one device, one cartridge, one set of limits.
INSERT INTO device_telemetry.sessions
(
    session_id, clinic_id, device_id, cartridge_lot, cartridge_serial, cartridge_expires_on, state, started_at
)
VALUES
(
    %(session_id)s::uuid, %(clinic_id)s::uuid, %(device_id)s::uuid, %(lot)s, %(serial)s, %(expires_on)s::date,
    'open', %(started_at)s
)
ON CONFLICT (session_id) DO NOTHING;

-- limit_zone --
-- What may be done in one zone.
INSERT INTO device_telemetry.session_limits (session_id, clinic_id, zone, depth_um, limit_um, passes)
VALUES
(
    %(session_id)s::uuid, %(clinic_id)s::uuid, %(zone)s, %(depth_um)s, %(limit_um)s, %(passes)s
)
ON CONFLICT (session_id, zone) DO NOTHING;

-- finish --
-- An ended session stays ended; what arrives later is summarised anew.
UPDATE device_telemetry.sessions
SET state = %(state)s, ended_at = %(ended_at)s, summary_due_at = %(now)s
WHERE session_id = %(session_id)s::uuid AND state = 'open';

-- break_off --
-- The device is taken out of use: client records will end the session later, or nobody will.  Readings that are being
-- stored just now found the session open; the summary waits for them.
UPDATE device_telemetry.sessions
SET
    state = 'stopped', ended_at = greatest(%(now)s::timestamptz, started_at),
    summary_due_at = %(now)s::timestamptz + interval '5 seconds'
WHERE device_id = %(device_id)s::uuid AND state = 'open';

-- find --
-- One session in the caller's clinics.
SELECT
    s.session_id, s.clinic_id, s.device_id, s.cartridge_lot, s.cartridge_serial, s.cartridge_expires_on,
    s.state, s.started_at, s.ended_at, s.summary_due_at, c.time_zone
FROM device_telemetry.sessions AS s
LEFT JOIN device_telemetry.clinics AS c ON s.clinic_id = c.clinic_id
WHERE s.session_id = %(session_id)s::uuid;

-- several --
-- What readings and events of many devices need to know of their sessions, and how much their devices sent of them.
SELECT
    s.session_id, s.clinic_id, s.device_id, s.cartridge_lot, s.cartridge_serial, s.state, s.started_at, s.ended_at,
    sent.samples, sent.batches
FROM device_telemetry.sessions AS s
CROSS JOIN
    LATERAL (
        SELECT
            coalesce(sum(r.samples), 0)::bigint AS samples,
            coalesce(sum(r.batches), 0)::bigint AS batches
        FROM device_telemetry.runs AS r
        WHERE r.session_id = s.session_id AND r.device_id = s.device_id
    ) AS sent
WHERE s.session_id = any(%(ids)s::uuid[]);

-- limits_of --
-- The limits of many sessions.
SELECT session_id, zone, depth_um, limit_um, passes
FROM device_telemetry.session_limits
WHERE session_id = any(%(ids)s::uuid[])
ORDER BY session_id, zone;

-- open_on_device --
-- The youngest open session of a device.
SELECT session_id, clinic_id, device_id, cartridge_lot, cartridge_serial, state, started_at, ended_at
FROM device_telemetry.sessions
WHERE device_id = %(device_id)s::uuid AND state = 'open'
ORDER BY started_at DESC
LIMIT 1;

-- arrived_late --
-- Readings of a session that has ended: its summary is due again, once the last of them are here.
UPDATE device_telemetry.sessions
SET summary_due_at = %(due_at)s
WHERE session_id = any(%(ids)s::uuid[]) AND state <> 'open';

-- to_summarise --
-- A session whose summary is due.  It is not held: to sum it up may take seconds, and late readings of it, with those of
-- many other devices that came with them, would wait for that.
SELECT session_id FROM device_telemetry.sessions
WHERE summary_due_at <= %(now)s::timestamptz
ORDER BY summary_due_at, session_id
LIMIT 1;

-- summarise_later --
-- Behind those that can be made.
UPDATE device_telemetry.sessions
SET summary_due_at = %(due_at)s::timestamptz
WHERE session_id = %(session_id)s::uuid;

-- summarised --
-- Nothing is due any more, unless readings arrived since it was looked at: then it is due at another time.
UPDATE device_telemetry.sessions
SET summary_due_at = NULL
WHERE session_id = %(session_id)s::uuid AND summary_due_at = %(due_at)s::timestamptz;

-- keep_summary --
-- The latest summary; the events tell the history.
INSERT INTO device_telemetry.run_summaries (session_id, clinic_id, summary, made_at)
VALUES (%(session_id)s::uuid, %(clinic_id)s::uuid, %(summary)s, %(now)s)
ON CONFLICT (session_id) DO UPDATE
    SET summary = excluded.summary, made_at = excluded.made_at;

-- kept_summary --
-- What was last announced.
SELECT summary FROM device_telemetry.run_summaries
WHERE session_id = %(session_id)s::uuid;
