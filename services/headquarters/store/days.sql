-- shift --
INSERT INTO headquarters.clinic_days AS known (
    clinic_id, day, booked, confirmed, arrived, completed, missed, cancelled, booked_minutes, unsafe_depths, alarms,
    adverse_events, messages_sent, messages_failed, devices_seen
) VALUES (
    %(clinic_id)s, %(day)s, %(booked)s, %(confirmed)s, %(arrived)s, %(completed)s, %(missed)s, %(cancelled)s,
    %(booked_minutes)s, %(unsafe_depths)s, %(alarms)s, %(adverse_events)s, %(messages_sent)s, %(messages_failed)s,
    %(devices_seen)s
)
ON CONFLICT (clinic_id, day) DO UPDATE SET
    booked = known.booked + excluded.booked,
    confirmed = known.confirmed + excluded.confirmed,
    arrived = known.arrived + excluded.arrived,
    completed = known.completed + excluded.completed,
    missed = known.missed + excluded.missed,
    cancelled = known.cancelled + excluded.cancelled,
    booked_minutes = known.booked_minutes + excluded.booked_minutes,
    unsafe_depths = known.unsafe_depths + excluded.unsafe_depths,
    alarms = known.alarms + excluded.alarms,
    adverse_events = known.adverse_events + excluded.adverse_events,
    messages_sent = known.messages_sent + excluded.messages_sent,
    messages_failed = known.messages_failed + excluded.messages_failed,
    devices_seen = known.devices_seen + excluded.devices_seen;

-- forget --
DELETE FROM headquarters.clinic_days
WHERE clinic_id = %(clinic_id)s;

-- redate_alarms --
-- The clinic's calendar became known, or changed.
UPDATE headquarters.alarms SET day = (raised_at AT TIME ZONE %(time_zone)s::text)::date
WHERE clinic_id = %(clinic_id)s;

-- redate_adverse_events --
UPDATE headquarters.adverse_events SET day = (reported_at AT TIME ZONE %(time_zone)s::text)::date
WHERE clinic_id = %(clinic_id)s;

-- redate_messages --
UPDATE headquarters.messages SET day = (happened_at AT TIME ZONE %(time_zone)s::text)::date
WHERE clinic_id = %(clinic_id)s;

-- see_devices --
-- Devices that are on line now were on line on the day of their last change.
INSERT INTO headquarters.device_days (device_id, day, clinic_id)
SELECT id, (changed_at AT TIME ZONE %(time_zone)s::text)::date, clinic_id
FROM headquarters.devices
WHERE clinic_id = %(clinic_id)s AND status IN ('idle', 'needling')
ON CONFLICT DO NOTHING;

-- count_appointments --
INSERT INTO headquarters.clinic_days (
    clinic_id, day, booked, confirmed, arrived, completed, missed, cancelled, booked_minutes
)
SELECT
    clinic_id,
    day,
    count(*) FILTER (WHERE status = 'booked') AS booked,
    count(*) FILTER (WHERE status = 'confirmed') AS confirmed,
    count(*) FILTER (WHERE status IN ('arrived', 'in_treatment')) AS arrived,
    count(*) FILTER (WHERE status = 'completed') AS completed,
    count(*) FILTER (WHERE status = 'missed') AS missed,
    count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
    coalesce(sum(minutes) FILTER (WHERE status NOT IN ('held', 'lapsed', 'cancelled')), 0) AS booked_minutes
FROM headquarters.appointments
WHERE clinic_id = %(clinic_id)s
GROUP BY clinic_id, day;

-- count_alarms --
INSERT INTO headquarters.clinic_days (clinic_id, day, alarms, unsafe_depths)
SELECT
    clinic_id,
    day,
    count(*) AS alarms,
    count(*) FILTER (WHERE kind = 'depth_over_limit') AS unsafe_depths
FROM headquarters.alarms
WHERE clinic_id = %(clinic_id)s
GROUP BY clinic_id, day
ON CONFLICT (clinic_id, day) DO UPDATE SET alarms = excluded.alarms, unsafe_depths = excluded.unsafe_depths;

-- count_adverse_events --
INSERT INTO headquarters.clinic_days (clinic_id, day, adverse_events)
SELECT
    clinic_id,
    day,
    count(*) AS adverse_events
FROM headquarters.adverse_events
WHERE clinic_id = %(clinic_id)s
GROUP BY clinic_id, day
ON CONFLICT (clinic_id, day) DO UPDATE SET adverse_events = excluded.adverse_events;

-- count_messages --
INSERT INTO headquarters.clinic_days (clinic_id, day, messages_sent, messages_failed)
SELECT
    clinic_id,
    day,
    count(*) FILTER (WHERE arrived) AS messages_sent,
    count(*) FILTER (WHERE NOT arrived) AS messages_failed
FROM headquarters.messages
WHERE clinic_id = %(clinic_id)s
GROUP BY clinic_id, day
ON CONFLICT (clinic_id, day) DO UPDATE
    SET messages_sent = excluded.messages_sent, messages_failed = excluded.messages_failed;

-- count_devices --
INSERT INTO headquarters.clinic_days (clinic_id, day, devices_seen)
SELECT
    clinic_id,
    day,
    count(*) AS devices_seen
FROM headquarters.device_days
WHERE clinic_id = %(clinic_id)s
GROUP BY clinic_id, day
ON CONFLICT (clinic_id, day) DO UPDATE SET devices_seen = excluded.devices_seen;

-- failed_messages --
SELECT messages_failed FROM headquarters.clinic_days
WHERE clinic_id = %(clinic_id)s AND day = %(day)s;

-- with_failed_messages --
SELECT day FROM headquarters.clinic_days
WHERE clinic_id = %(clinic_id)s AND messages_failed > 0;

-- between --
SELECT
    day, booked, confirmed, arrived, completed, missed, cancelled, booked_minutes, unsafe_depths, alarms,
    adverse_events, messages_sent, messages_failed, devices_seen
FROM headquarters.clinic_days
WHERE clinic_id = %(clinic_id)s AND day BETWEEN %(first)s AND %(last)s
ORDER BY day;
