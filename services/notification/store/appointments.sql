-- find --
-- Locked, so that two events of one appointment never plan at the same time.
SELECT
    id, clinic_id, client_id, version, status, starts_at, ends_at, time_zone, practitioner_id,
    practitioner_name, link_issue, course_id, course_number, course_sessions
FROM notification.appointments
WHERE id = %(id)s FOR UPDATE;

-- course --
-- The sessions of a course, those that will not take place too: they are counted.
SELECT
    id, clinic_id, client_id, version, status, starts_at, ends_at, time_zone, practitioner_id,
    practitioner_name, link_issue, course_id, course_number, course_sessions
FROM notification.appointments
WHERE course_id = %(course_id)s
ORDER BY starts_at, id;

-- keep --
-- What was booked together stays so: later events do not tell it again.
INSERT INTO notification.appointments AS known (
    id, clinic_id, client_id, version, status, starts_at, ends_at, time_zone, practitioner_id,
    practitioner_name, link_issue, course_id, course_number, course_sessions
) VALUES (
    %(id)s, %(clinic_id)s, %(client_id)s, %(version)s, %(status)s, %(starts_at)s, %(ends_at)s,
    %(time_zone)s, %(practitioner_id)s, %(practitioner_name)s, %(link_issue)s,
    %(course_id)s, %(course_number)s, %(course_sessions)s
)
ON CONFLICT (id) DO UPDATE SET
    client_id = excluded.client_id,
    version = excluded.version,
    status = excluded.status,
    starts_at = excluded.starts_at,
    ends_at = excluded.ends_at,
    time_zone = excluded.time_zone,
    practitioner_id = excluded.practitioner_id,
    practitioner_name = excluded.practitioner_name,
    link_issue = excluded.link_issue
WHERE known.version < excluded.version;
