-- ahead --
-- Appointments that are still to take place, by time.  The span begins a day back for the index; who should have begun by
-- now is still waiting.
SELECT a.id, a.starts_at FROM booking.appointments AS a
WHERE
    a.clinic_id = %(clinic_id)s
    AND a.starts_at > %(now)s::timestamptz - interval '1 day' AND a.ends_at > %(now)s::timestamptz
    AND a.status = any(%(statuses)s::text[])
    AND (
        %(resource_id)s::uuid IS NULL
        OR %(resource_id)s::uuid IN (a.practitioner_id, a.room_id, a.device_id, a.client_id)
    )
    AND (
        %(starts_at)s::timestamptz IS NULL
        OR (a.starts_at, a.id) > (%(starts_at)s::timestamptz, %(appointment_id)s::uuid)
    )
ORDER BY a.starts_at, a.id
LIMIT %(limit)s;

-- lock --
-- Always in this order: a client's appointments are locked in the same.
SELECT id FROM booking.appointments
WHERE id = any(%(ids)s::uuid[]) AND status = any(%(statuses)s::text[])
ORDER BY id
FOR NO KEY UPDATE;

-- facts --
-- What an appointment takes, and what of it is still there.
SELECT
    a.id, a.clinic_id, a.client_id, a.treatment_id, a.starts_at, a.ends_at, a.practitioner_id,
    p.name AS practitioner_name, a.room_id, r.name AS room_name, r.active AS room_active, a.device_id,
    d.name AS device_name, d.clinic_id AS device_clinic_id, d.status AS device_status, k.time_zone,
    coalesce(c.status = 'paused', FALSE) AS course_paused,
    array(
        SELECT o.kind FROM booking.disruptions AS o
        WHERE o.appointment_id = a.id AND o.resolved_at IS NULL
        ORDER BY o.kind
    ) AS disrupted
FROM booking.appointments AS a
INNER JOIN booking.clinics AS k ON a.clinic_id = k.id
INNER JOIN booking.practitioners AS p ON a.clinic_id = p.clinic_id AND a.practitioner_id = p.id
INNER JOIN booking.rooms AS r ON a.room_id = r.id
LEFT JOIN booking.devices AS d ON a.device_id = d.id
LEFT JOIN booking.courses AS c ON a.clinic_id = c.clinic_id AND a.course_id = c.id
WHERE a.id = any(%(ids)s::uuid[])
ORDER BY a.id;

-- begin --
-- One open row for each appointment and kind.
INSERT INTO booking.disruptions (appointment_id, clinic_id, kind, detail, since)
SELECT
    %(appointment_id)s::uuid AS appointment_id, %(clinic_id)s::uuid AS clinic_id, found.kind, found.detail,
    %(now)s::timestamptz AS since
FROM unnest(%(kinds)s::text[], %(details)s::text[]) AS found (kind, detail)
ON CONFLICT (appointment_id, kind) WHERE resolved_at IS NULL DO NOTHING;

-- keep --
-- Whatever else was the matter with the appointment is over.
UPDATE booking.disruptions SET resolved_at = %(now)s
WHERE appointment_id = %(appointment_id)s AND resolved_at IS NULL AND NOT kind = any(%(kinds)s::text[]);

-- asleep --
-- Devices that are off line although an appointment with them begins soon, and nobody has noticed yet.  At a clinic that
-- is closed nobody will: that it is closed is all that is said there.
SELECT DISTINCT d.id, a.clinic_id
FROM booking.devices AS d
INNER JOIN booking.allocations AS l
    ON d.id = l.resource_id AND l.active AND l.during && tstzrange(%(now)s::timestamptz, %(until)s::timestamptz)
INNER JOIN booking.appointments AS a ON l.appointment_id = a.id
INNER JOIN booking.treatments AS t ON a.treatment_id = t.id AND t.needs_device
INNER JOIN booking.clinics AS k ON a.clinic_id = k.id AND k.active
WHERE
    d.status = 'offline' AND d.clinic_id = a.clinic_id
    AND a.starts_at >= %(now)s::timestamptz AND a.starts_at < %(until)s::timestamptz
    AND a.status = any(%(statuses)s::text[])
    AND NOT EXISTS (
        SELECT 1 FROM booking.disruptions AS o
        WHERE o.appointment_id = a.id AND o.kind = 'device_unfit' AND o.resolved_at IS NULL
    )
    AND NOT EXISTS (
        SELECT 1 FROM booking.rechecks AS q
        WHERE q.clinic_id = a.clinic_id AND q.resource_id = d.id
    );

-- page --
-- What cannot take place as it stands and is still to come, by time; kinds and sentences in one order.
WITH hit AS (
    SELECT
        o.appointment_id,
        array_agg(o.kind ORDER BY o.kind) AS disrupted,
        string_agg(o.detail, ' ' ORDER BY o.kind) AS sentence,
        min(o.since) AS since
    FROM booking.disruptions AS o
    WHERE o.clinic_id = %(clinic_id)s AND o.resolved_at IS NULL
    GROUP BY o.appointment_id
)

SELECT
    a.*, t.name AS treatment_name, t.indication, p.name AS practitioner_name, r.name AS room_name, k.time_zone,
    hit.disrupted, hit.sentence, hit.since
FROM hit
INNER JOIN booking.appointments AS a ON hit.appointment_id = a.id
INNER JOIN booking.clinics AS k ON a.clinic_id = k.id
INNER JOIN booking.treatments AS t ON a.treatment_id = t.id
INNER JOIN booking.practitioners AS p ON a.clinic_id = p.clinic_id AND a.practitioner_id = p.id
INNER JOIN booking.rooms AS r ON a.room_id = r.id
WHERE
    a.ends_at > %(now)s::timestamptz AND a.status = any(%(statuses)s::text[])
    AND (
        %(resource_id)s::uuid IS NULL
        OR %(resource_id)s::uuid IN (a.practitioner_id, a.room_id, a.device_id, a.client_id)
    )
    AND (%(starts_from)s::timestamptz IS NULL OR a.starts_at >= %(starts_from)s::timestamptz)
    AND (%(starts_until)s::timestamptz IS NULL OR a.starts_at < %(starts_until)s::timestamptz)
    AND (
        %(starts_at)s::timestamptz IS NULL OR (a.starts_at, a.id) > (%(starts_at)s::timestamptz, %(id)s::uuid)
    )
ORDER BY a.starts_at, a.id
LIMIT %(limit)s;
