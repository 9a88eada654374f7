-- appointments --
-- A part of a clinic's appointments by time, under the names that an import reads.
SELECT
    a.id, a.client_id, a.treatment_id, t.name AS treatment, a.practitioner_id, p.name AS practitioner, a.starts_at,
    a.zones, coalesce(e.reference, a.id::text) AS external_reference
FROM booking.appointments AS a
INNER JOIN booking.treatments AS t ON a.treatment_id = t.id
INNER JOIN booking.practitioners AS p ON a.clinic_id = p.clinic_id AND a.practitioner_id = p.id
LEFT JOIN booking.external_references AS e ON a.id = e.appointment_id
WHERE
    a.clinic_id = %(clinic_id)s
    AND a.starts_at >= %(starts_from)s AND a.starts_at < %(starts_until)s
    AND a.status = any(%(statuses)s::text[])
    AND (
        %(after_starts_at)s::timestamptz IS NULL
        OR (a.starts_at, a.id) > (%(after_starts_at)s::timestamptz, %(after_id)s::uuid)
    )
ORDER BY a.starts_at, a.id
LIMIT %(limit)s;

-- rotas --
-- A part of a clinic's rotas that are valid in a span, by practitioner.
SELECT
    r.id, r.practitioner_id, p.name AS practitioner, r.valid_from, r.valid_until, r.every_weeks, r.hours
FROM booking.rotas AS r
INNER JOIN booking.practitioners AS p ON r.clinic_id = p.clinic_id AND r.practitioner_id = p.id
WHERE
    r.clinic_id = %(clinic_id)s AND p.active
    AND (r.valid_until IS NULL OR r.valid_until >= %(first)s)
    AND (r.valid_from IS NULL OR r.valid_from <= %(last)s)
    AND (
        %(after_practitioner_id)s::uuid IS NULL
        OR (r.practitioner_id, r.id) > (%(after_practitioner_id)s::uuid, %(after_id)s::uuid)
    )
ORDER BY r.practitioner_id, r.id
LIMIT %(limit)s;
