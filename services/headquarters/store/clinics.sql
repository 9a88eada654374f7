-- lock --
SELECT clinic_id, name, time_zone, capacity_minutes, active, sequence
FROM headquarters.clinics
WHERE clinic_id = %(clinic_id)s FOR UPDATE;

-- zone --
SELECT time_zone FROM headquarters.clinics
WHERE clinic_id = %(clinic_id)s;

-- keep --
INSERT INTO headquarters.clinics AS known (clinic_id, name, time_zone, capacity_minutes, active, sequence)
VALUES (%(clinic_id)s, %(name)s, %(time_zone)s, %(capacity_minutes)s, %(active)s, %(sequence)s)
ON CONFLICT (clinic_id) DO UPDATE SET
    name = excluded.name,
    time_zone = excluded.time_zone,
    capacity_minutes = excluded.capacity_minutes,
    active = excluded.active,
    sequence = excluded.sequence
WHERE known.sequence < excluded.sequence;

-- hear --
INSERT INTO headquarters.heard AS known (clinic_id, at) VALUES (%(clinic_id)s, %(at)s)
ON CONFLICT (clinic_id) DO UPDATE SET at = greatest(known.at, excluded.at);

-- rows --
-- Each clinic today, beside the same weekday last week.  Reads two days a clinic however long the history is:
-- LIMIT 1 keeps the planner from joining the whole history instead.  What is counted as it is now (pens, open alarms,
-- what waits) is counted once for all clinics, not once for each.
WITH here AS (
    SELECT
        h.clinic_id,
        h.at,
        c.name,
        c.time_zone,
        c.capacity_minutes,
        coalesce(c.active, TRUE) AS active,
        (%(now)s::timestamptz AT TIME ZONE c.time_zone)::date AS today
    FROM headquarters.heard AS h
    LEFT JOIN headquarters.clinics AS c ON h.clinic_id = c.clinic_id
    WHERE %(clinic_ids)s::uuid[] IS NULL OR h.clinic_id = any(%(clinic_ids)s::uuid[])
),

pens AS (
    SELECT
        clinic_id,
        count(*) FILTER (WHERE status <> 'retired') AS total,
        count(*) FILTER (WHERE status IN ('idle', 'needling')) AS online,
        count(*) FILTER (WHERE status <> 'retired' AND NOT fit) AS unfit
    FROM headquarters.devices
    WHERE %(clinic_ids)s::uuid[] IS NULL OR clinic_id = any(%(clinic_ids)s::uuid[])
    GROUP BY clinic_id
),

ringing AS (
    SELECT
        clinic_id,
        count(*) AS alarms
    FROM headquarters.alarms
    WHERE
        cleared_at IS NULL
        AND (%(clinic_ids)s::uuid[] IS NULL OR clinic_id = any(%(clinic_ids)s::uuid[]))
    GROUP BY clinic_id
),

items AS (
    SELECT
        clinic_id,
        count(*) FILTER (WHERE kind = 'unsafe_depth') AS unsafe_depths,
        count(*) FILTER (WHERE kind = 'adverse_event') AS adverse_events
    FROM headquarters.attention
    WHERE
        acknowledged_at IS NULL AND (stays OR gone_at IS NULL)
        AND (%(clinic_ids)s::uuid[] IS NULL OR clinic_id = any(%(clinic_ids)s::uuid[]))
    GROUP BY clinic_id
)

SELECT
    here.clinic_id,
    here.name,
    here.time_zone,
    here.capacity_minutes,
    here.active,
    here.at AS last_heard_at,
    here.today AS day,
    coalesce(d.booked, 0) AS booked,
    coalesce(d.confirmed, 0) AS confirmed,
    coalesce(d.arrived, 0) AS arrived,
    coalesce(d.completed, 0) AS completed,
    coalesce(d.missed, 0) AS missed,
    coalesce(d.cancelled, 0) AS cancelled,
    coalesce(d.booked + d.confirmed + d.arrived + d.completed + d.missed, 0) AS appointments,
    coalesce(d.booked_minutes, 0) AS booked_minutes,
    coalesce(d.unsafe_depths, 0) AS unsafe_depths,
    coalesce(d.adverse_events, 0) AS adverse_events,
    coalesce(d.messages_sent, 0) AS messages_sent,
    coalesce(d.messages_failed, 0) AS messages_failed,
    coalesce(w.booked + w.confirmed + w.arrived + w.completed + w.missed, 0) AS appointments_last_week,
    coalesce(w.missed, 0) AS missed_last_week,
    coalesce(w.booked_minutes, 0) AS booked_minutes_last_week,
    coalesce(w.unsafe_depths, 0) AS unsafe_depths_last_week,
    coalesce(w.adverse_events, 0) AS adverse_events_last_week,
    coalesce(w.messages_sent, 0) AS messages_sent_last_week,
    coalesce(w.devices_seen, 0) AS devices_seen_last_week,
    coalesce(pens.total, 0) AS devices_total,
    coalesce(pens.online, 0) AS devices_online,
    coalesce(pens.unfit, 0) AS devices_unfit,
    coalesce(ringing.alarms, 0) AS alarms_open,
    coalesce(items.unsafe_depths, 0) AS unsafe_depths_open,
    coalesce(items.adverse_events, 0) AS adverse_events_open
FROM here
LEFT JOIN LATERAL (
    SELECT t.* FROM headquarters.clinic_days AS t
    WHERE t.clinic_id = here.clinic_id AND t.day = here.today
    ORDER BY t.day
    LIMIT 1
) AS d ON TRUE
LEFT JOIN LATERAL (
    SELECT l.* FROM headquarters.clinic_days AS l
    WHERE l.clinic_id = here.clinic_id AND l.day = here.today - 7
    ORDER BY l.day
    LIMIT 1
) AS w ON TRUE
LEFT JOIN pens ON here.clinic_id = pens.clinic_id
LEFT JOIN ringing ON here.clinic_id = ringing.clinic_id
LEFT JOIN items ON here.clinic_id = items.clinic_id;
