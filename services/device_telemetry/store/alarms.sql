-- raise --
-- alarms_one_open lets one alarm a device and kind be open: a further cause only worsens it.
INSERT INTO device_telemetry.alarms AS known
(
    id, clinic_id, device_id, session_id, kind, severity, zone, worst, limit_value, raised_at, last_over_at
)
VALUES
(
    %(id)s::uuid, %(clinic_id)s::uuid, %(device_id)s::uuid, %(session_id)s::uuid, %(kind)s, %(severity)s,
    %(zone)s, %(value)s, %(limit)s, %(now)s, %(last_at)s
)
ON CONFLICT (device_id, kind) WHERE cleared_at IS NULL DO UPDATE
    SET
        worst = greatest(known.worst, excluded.worst),
        last_over_at = greatest(known.last_over_at, excluded.last_over_at)
RETURNING known.id = %(id)s::uuid AS opened;

-- open_of --
-- The open alarms of some devices.
SELECT
    id, clinic_id, device_id, session_id, kind, severity, zone, worst, limit_value, raised_at, last_over_at
FROM device_telemetry.alarms
WHERE device_id = any(%(device_ids)s::uuid[]) AND cleared_at IS NULL
ORDER BY device_id, kind
FOR UPDATE;

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

-- page --
-- Newest first.  device_stopped tells whether the device answered the stop that the alarm sent.
SELECT
    a.id, a.clinic_id, a.device_id, d.name AS device_name, a.session_id, a.kind, a.severity, a.zone, a.worst,
    a.limit_value AS "limit", a.raised_at, a.cleared_at, a.acknowledged_at, a.acknowledged_by,
    CASE
        WHEN a.cleared_at IS NOT NULL THEN 'cleared'
        WHEN a.acknowledged_at IS NOT NULL THEN 'acknowledged'
        ELSE 'open'
    END AS state,
    (
        SELECT c.done_at IS NOT NULL
        FROM device_telemetry.commands AS c
        WHERE
            c.device_id = a.device_id AND c.command = 'stop' AND c.made_at >= a.raised_at
            AND c.body ->> 'reason' = a.kind
        ORDER BY c.made_at
        LIMIT 1
    ) AS device_stopped
FROM device_telemetry.alarms AS a
INNER JOIN device_telemetry.devices AS d ON a.device_id = d.id
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
