-- raise --
-- alarms_one_open lets one alarm a device and kind be open: a further cause of the same session only worsens it, and a
-- battery is the worse the lower it is.
-- One of another session, of another clinic, or of now where the open one is of long ago, returns nothing: see
-- usecases/alarms.put.
INSERT INTO device_telemetry.alarms AS known
(
    id, clinic_id, device_id, session_id, kind, severity, zone, worst, limit_value, raised_at, last_over_at,
    last_heard_at, late
)
VALUES
(
    %(id)s::uuid, %(clinic_id)s::uuid, %(device_id)s::uuid, %(session_id)s::uuid, %(kind)s, %(severity)s,
    %(zone)s, %(value)s, %(limit)s, %(now)s, %(last_at)s, %(now)s, %(late)s
)
ON CONFLICT (device_id, kind) WHERE cleared_at IS NULL DO UPDATE
    SET
        zone = CASE WHEN excluded.worst > known.worst THEN excluded.zone ELSE known.zone END,
        limit_value = CASE WHEN excluded.worst > known.worst THEN excluded.limit_value ELSE known.limit_value END,
        worst = CASE
            WHEN known.kind = 'battery_low' THEN least(known.worst, excluded.worst)
            ELSE greatest(known.worst, excluded.worst)
        END,
        last_over_at = greatest(known.last_over_at, excluded.last_over_at),
        last_heard_at = excluded.last_heard_at
    WHERE
    known.clinic_id = excluded.clinic_id
    AND known.session_id IS NOT DISTINCT FROM excluded.session_id
    AND (excluded.late OR NOT known.late)
RETURNING known.id, known.stop_command_id;

-- worsen_past --
-- What came late of a session that is over, told once an hour: another session's alarm of the kind is open.
UPDATE device_telemetry.alarms AS a
SET
    worst = greatest(a.worst, %(value)s::bigint),
    last_over_at = greatest(a.last_over_at, %(last_at)s::timestamptz),
    last_heard_at = %(now)s
WHERE
    a.id = (
        SELECT b.id FROM device_telemetry.alarms AS b
        WHERE
            b.device_id = %(device_id)s::uuid AND b.clinic_id = %(clinic_id)s::uuid AND b.kind = %(kind)s
            AND b.session_id IS NOT DISTINCT FROM %(session_id)s::uuid
            AND b.cleared_at > %(now)s::timestamptz - interval '1 hour'
        ORDER BY b.id DESC
        LIMIT 1
    );

-- file_past --
-- Raised and over at once: it never was the open one.
INSERT INTO device_telemetry.alarms
(
    id, clinic_id, device_id, session_id, kind, severity, zone, worst, limit_value, raised_at, last_over_at,
    last_heard_at, cleared_at, late
)
VALUES
(
    %(id)s::uuid, %(clinic_id)s::uuid, %(device_id)s::uuid, %(session_id)s::uuid, %(kind)s, %(severity)s,
    %(zone)s, %(value)s, %(limit)s, %(now)s, %(last_at)s, %(now)s, %(now)s, TRUE
);

-- open_of --
-- The open alarms of some devices, and whether each rings where the device is; whoever changes them holds the devices.
SELECT
    a.id, a.device_id, a.clinic_id, a.session_id, a.kind, a.late, a.last_over_at,
    coalesce(a.clinic_id = d.clinic_id, FALSE) AS here
FROM device_telemetry.alarms AS a
LEFT JOIN device_telemetry.devices AS d ON a.device_id = d.id
WHERE a.device_id = any(%(device_ids)s::uuid[]) AND a.cleared_at IS NULL
ORDER BY a.device_id, a.kind;

-- forgotten --
-- Alarms of treatments that are over, by our clock; a cartridge found outside any session stays till it is out.
SELECT a.id, a.device_id
FROM device_telemetry.alarms AS a
LEFT JOIN device_telemetry.sessions AS s ON a.session_id = s.session_id
WHERE
    a.cleared_at IS NULL AND a.kind = any(%(kinds)s::text[])
    AND (a.session_id IS NOT NULL OR a.kind = any(%(measured)s::text[]))
    AND coalesce(a.last_heard_at, a.raised_at) < %(before)s::timestamptz
    AND (s.session_id IS NULL OR s.ended_at < %(before)s::timestamptz)
ORDER BY a.device_id, a.kind
LIMIT 200;

-- clear --
-- Whoever clears it announces it: only one can.
UPDATE device_telemetry.alarms
SET cleared_at = %(now)s
WHERE id = %(id)s::uuid AND cleared_at IS NULL;

-- acknowledge --
-- The first who has seen it stays named.
UPDATE device_telemetry.alarms
SET acknowledged_at = %(now)s, acknowledged_by = %(by)s::uuid
WHERE id = %(id)s::uuid AND acknowledged_at IS NULL;

-- unseen --
-- Open, and nobody has looked: told once more.  A hard one waits less.
SELECT id, device_id FROM device_telemetry.alarms
WHERE
    cleared_at IS NULL AND acknowledged_at IS NULL AND escalated_at IS NULL
    AND raised_at < CASE severity
        WHEN 'hard' THEN %(hard_before)s::timestamptz ELSE %(soft_before)s::timestamptz
    END
ORDER BY device_id, kind
LIMIT 200;

-- escalate --
-- Whoever escalates it announces it, unless somebody has looked meanwhile.
UPDATE device_telemetry.alarms
SET escalated_at = %(now)s
WHERE id = %(id)s::uuid AND cleared_at IS NULL AND acknowledged_at IS NULL AND escalated_at IS NULL;

-- of_stop --
-- The alarms that one stop is to end.
SELECT id FROM device_telemetry.alarms
WHERE stop_command_id = %(command_id)s::uuid
ORDER BY id;

-- link_stop --
-- Which command is to end it: shown with its answer.
UPDATE device_telemetry.alarms
SET stop_command_id = %(command_id)s::uuid
WHERE id = %(id)s::uuid;

-- page --
-- Newest first.  device_stopped tells whether the device answered the stop that the alarm sent.  What happened at a
-- clinic stays in its list; of a device that has moved since it sees no name, which is the new clinic's.
SELECT
    a.id, a.clinic_id, a.device_id, d.name AS device_name, a.session_id, a.kind, a.severity, a.zone, a.worst,
    a.limit_value AS "limit", a.raised_at, a.cleared_at, a.acknowledged_at, a.acknowledged_by,
    n.name AS acknowledged_by_name, a.escalated_at, a.late, c.made_at AS stop_sent_at, c.done_at AS stop_confirmed_at,
    CASE
        WHEN a.cleared_at IS NOT NULL THEN 'cleared'
        WHEN a.acknowledged_at IS NOT NULL THEN 'acknowledged'
        ELSE 'open'
    END AS state,
    CASE WHEN c.id IS NOT NULL THEN c.done_at IS NOT NULL END AS device_stopped
FROM device_telemetry.alarms AS a
LEFT JOIN device_telemetry.devices AS d ON a.device_id = d.id
LEFT JOIN device_telemetry.commands AS c ON a.stop_command_id = c.id
LEFT JOIN device_telemetry.staff_names AS n ON a.acknowledged_by = n.staff_id
WHERE
    (%(id)s::uuid IS NULL OR a.id = %(id)s::uuid)
    AND (%(clinic_id)s::uuid IS NULL OR a.clinic_id = %(clinic_id)s::uuid)
    AND (
        %(state)s::text IS NULL
        OR (%(state)s::text = 'cleared' AND a.cleared_at IS NOT NULL)
        OR (%(state)s::text = 'open' AND a.cleared_at IS NULL AND a.acknowledged_at IS NULL)
        OR (%(state)s::text = 'acknowledged' AND a.cleared_at IS NULL AND a.acknowledged_at IS NOT NULL)
    )
    AND (%(after)s::uuid IS NULL OR a.id < %(after)s::uuid)
ORDER BY a.id DESC
LIMIT %(limit)s;
