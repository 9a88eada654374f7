-- appointment --
SELECT version, status, day, minutes FROM headquarters.appointments
WHERE id = %(id)s FOR UPDATE;

-- keep_appointment --
INSERT INTO headquarters.appointments (
    id, clinic_id, version, status, day, minutes, starts_at, ends_at, practitioner_id, room_id, device_id
) VALUES (
    %(id)s, %(clinic_id)s, %(version)s, %(status)s, %(day)s, %(minutes)s, %(starts_at)s, %(ends_at)s,
    %(practitioner_id)s, %(room_id)s, %(device_id)s
)
ON CONFLICT (id) DO UPDATE SET
    version = excluded.version,
    status = excluded.status,
    day = excluded.day,
    minutes = excluded.minutes,
    starts_at = excluded.starts_at,
    ends_at = excluded.ends_at,
    practitioner_id = excluded.practitioner_id,
    room_id = excluded.room_id,
    device_id = excluded.device_id;

-- appointments_of_day --
SELECT
    id AS appointment_id, clinic_id, version, status, starts_at, ends_at, practitioner_id, room_id, device_id
FROM headquarters.appointments
WHERE clinic_id = %(clinic_id)s AND day = %(day)s
ORDER BY starts_at, id;

-- keep_device --
INSERT INTO headquarters.devices AS known (id, clinic_id, status, fit, reasons, changed_at, sequence)
VALUES (%(id)s, %(clinic_id)s, %(status)s, %(fit)s, %(reasons)s, %(changed_at)s, %(sequence)s)
ON CONFLICT (id) DO UPDATE SET
    clinic_id = excluded.clinic_id,
    status = excluded.status,
    fit = excluded.fit,
    reasons = excluded.reasons,
    changed_at = excluded.changed_at,
    sequence = excluded.sequence
WHERE known.sequence < excluded.sequence;

-- see_device --
INSERT INTO headquarters.device_days (device_id, day, clinic_id) VALUES (%(id)s, %(day)s, %(clinic_id)s)
ON CONFLICT DO NOTHING;

-- alarm --
SELECT kind, day, sequence FROM headquarters.alarms
WHERE id = %(id)s FOR UPDATE;

-- keep_alarm --
INSERT INTO headquarters.alarms (
    id, clinic_id, device_id, session_id, kind, severity, zone, value, limit_value, raised_at, cleared_at, day,
    sequence, late, acknowledged_at, acknowledged_by, escalated_at, stop_sent_at, stop_confirmed_at,
    device_name, acknowledged_by_name
) VALUES (
    %(id)s, %(clinic_id)s, %(device_id)s, %(session_id)s, %(kind)s, %(severity)s, %(zone)s, %(value)s, %(limit)s,
    %(raised_at)s, %(cleared_at)s, %(day)s, %(sequence)s, %(late)s, %(acknowledged_at)s, %(acknowledged_by)s,
    %(escalated_at)s, %(stop_sent_at)s, %(stop_confirmed_at)s, %(device_name)s, %(acknowledged_by_name)s
)
ON CONFLICT (id) DO UPDATE SET
    kind = excluded.kind,
    severity = excluded.severity,
    zone = excluded.zone,
    value = excluded.value,
    limit_value = excluded.limit_value,
    raised_at = excluded.raised_at,
    cleared_at = excluded.cleared_at,
    day = excluded.day,
    sequence = excluded.sequence,
    late = excluded.late,
    acknowledged_at = excluded.acknowledged_at,
    acknowledged_by = excluded.acknowledged_by,
    escalated_at = excluded.escalated_at,
    stop_sent_at = excluded.stop_sent_at,
    stop_confirmed_at = excluded.stop_confirmed_at,
    device_name = excluded.device_name,
    acknowledged_by_name = excluded.acknowledged_by_name;

-- page_of_open_alarms --
-- Their ids are in the order of time: the newest first.
SELECT
    id AS alarm_id, clinic_id, device_id, session_id, kind, severity, zone, value, limit_value, raised_at,
    cleared_at, late, acknowledged_at, acknowledged_by, escalated_at, stop_sent_at, stop_confirmed_at,
    device_name, acknowledged_by_name
FROM headquarters.alarms
WHERE
    cleared_at IS NULL AND (%(clinic_id)s::uuid IS NULL OR clinic_id = %(clinic_id)s::uuid)
    AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
ORDER BY id DESC
LIMIT %(limit)s;

-- open_alarms --
SELECT
    id AS alarm_id, clinic_id, device_id, session_id, kind, severity, zone, value, limit_value, raised_at,
    cleared_at, late, acknowledged_at, acknowledged_by, escalated_at, stop_sent_at, stop_confirmed_at,
    device_name, acknowledged_by_name
FROM headquarters.alarms
WHERE cleared_at IS NULL AND (%(clinic_id)s::uuid IS NULL OR clinic_id = %(clinic_id)s::uuid)
ORDER BY raised_at DESC
LIMIT 500;

-- keep_adverse_event --
INSERT INTO headquarters.adverse_events (id, clinic_id, severity, reported_at, reply_due_at, day, sequence)
VALUES (%(id)s, %(clinic_id)s, %(severity)s, %(reported_at)s, %(reply_due_at)s, %(day)s, %(sequence)s)
ON CONFLICT (id) DO NOTHING;

-- message --
SELECT arrived, day, sequence FROM headquarters.messages
WHERE id = %(id)s FOR UPDATE;

-- keep_message --
INSERT INTO headquarters.messages (id, clinic_id, kind, arrived, reason, happened_at, day, sequence)
VALUES (%(id)s, %(clinic_id)s, %(kind)s, %(arrived)s, %(reason)s, %(happened_at)s, %(day)s, %(sequence)s)
ON CONFLICT (id) DO UPDATE SET
    arrived = excluded.arrived,
    reason = excluded.reason,
    happened_at = excluded.happened_at,
    day = excluded.day,
    sequence = excluded.sequence;
