-- pens --
-- What pens do now, with the limits and alarms that it is held against: one question for all that anybody looks at.
-- A reading's time is the device's clock plus the least delay of its boot, which is what that clock is wrong by.
SELECT
    d.id AS device_id, d.clinic_id, d.name, d.model, d.status, d.fit, s.battery_permille, doing.session_id,
    doing.started_at, said.latest, coalesce(s.online, FALSE) AS online,
    said.latest_at + said.offset_ms * interval '1 millisecond' AS latest_at,
    coalesce(said.latest_session_id = doing.session_id, FALSE) AS of_session,
    (
        SELECT
            json_agg(
                json_build_object('zone', l.zone, 'depth_um', l.depth_um, 'limit_um', l.limit_um, 'passes', l.passes)
                ORDER BY l.zone
            )
        FROM device_telemetry.session_limits AS l
        WHERE l.session_id = doing.session_id
    ) AS limits,
    (
        SELECT
            json_agg(
                json_build_object(
                    'alarm_id', a.id, 'kind', a.kind, 'severity', a.severity, 'zone', a.zone, 'value', a.worst,
                    'limit', a.limit_value, 'raised_at', a.raised_at, 'acknowledged_at', a.acknowledged_at
                )
                ORDER BY a.severity, a.raised_at, a.id
            )
        FROM device_telemetry.alarms AS a
        WHERE a.device_id = d.id AND a.cleared_at IS NULL
    ) AS alarms
FROM device_telemetry.devices AS d
LEFT JOIN device_telemetry.device_states AS s ON d.id = s.device_id
LEFT JOIN LATERAL (
    SELECT st.latest, st.latest_at, st.latest_session_id, st.offset_ms FROM device_telemetry.streams AS st
    WHERE st.device_id = d.id AND st.last_received_at > %(since)s::timestamptz
    ORDER BY st.last_received_at DESC
    LIMIT 1
) AS said ON TRUE
LEFT JOIN LATERAL (
    SELECT r.session_id, r.started_at FROM device_telemetry.sessions AS r
    WHERE r.device_id = d.id AND r.state = 'open'
    ORDER BY r.started_at DESC
    LIMIT 1
) AS doing ON TRUE
WHERE
    d.status <> 'retired'
    AND (d.id = any(%(devices)s::uuid[]) OR d.clinic_id = any(%(clinics)s::uuid[]))
ORDER BY d.id;
