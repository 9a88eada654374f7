-- insert --
-- The sessions are appointments; `join` numbers them.
INSERT INTO booking.courses (
    id, clinic_id, client_id, treatment_id, practitioner_id, same_practitioner, sessions, interval_days,
    most_interval_days, weekdays, earliest_minute, latest_minute, status, version
) VALUES (
    %(id)s, %(clinic_id)s, %(client_id)s, %(treatment_id)s, %(practitioner_id)s, %(same_practitioner)s, %(sessions)s,
    %(interval_days)s, %(most_interval_days)s, %(weekdays)s::bigint[], %(earliest_minute)s, %(latest_minute)s,
    %(status)s, %(version)s
);

-- join --
-- Appointments that were just stored become the sessions of a course, in this order.
UPDATE booking.appointments AS a SET course_id = %(id)s::uuid, course_number = session.number
FROM unnest(%(appointment_ids)s::uuid[]) WITH ORDINALITY AS session (id, number)
WHERE a.id = session.id;

-- enter --
-- The row was locked by `lock` or `lock_running`.
UPDATE booking.courses SET status = %(status)s, version = %(version)s
WHERE id = %(id)s;

-- note --
-- The course's history.
INSERT INTO booking.course_changes (course_id, version, clinic_id, happened, changed_by, changed_at, reason)
VALUES (%(id)s, %(version)s, %(clinic_id)s, %(happened)s, %(changed_by)s, %(changed_at)s, %(reason)s);

-- history --
-- Oldest first; a course changes a handful of times.
SELECT version, happened, changed_by, changed_at, reason
FROM booking.course_changes
WHERE course_id = %(id)s
ORDER BY version;

-- lock --
-- One change of a course at a time.  Whoever also changes its sessions has locked those before.
SELECT id FROM booking.courses
WHERE id = %(id)s
FOR NO KEY UPDATE;

-- lock_running --
-- The courses of a client that go on, at whatever clinic; in one order.
SELECT id, clinic_id, version FROM booking.courses
WHERE client_id = %(client_id)s AND status = 'active'
ORDER BY id
FOR NO KEY UPDATE;

-- status --
-- Whether the next session may begin.
SELECT status FROM booking.courses
WHERE id = %(id)s;

-- page --
-- Courses in the order in which they were booked: one, those of a clinic, or those of a client there.  One that goes on
-- is finished when nothing of it is still to come.
WITH c AS (
    SELECT
        courses.*,
        CASE
            WHEN courses.status = 'active' AND NOT EXISTS (
                SELECT FROM booking.appointments AS a
                WHERE a.course_id = courses.id AND a.status IN ('booked', 'confirmed', 'arrived', 'in_treatment')
            ) THEN 'finished'
            ELSE courses.status
        END AS state
    FROM booking.courses
)

SELECT c.*, t.name AS treatment_name, t.indication, k.time_zone
FROM c
INNER JOIN booking.clinics AS k ON c.clinic_id = k.id
INNER JOIN booking.treatments AS t ON c.treatment_id = t.id
WHERE
    (%(ids)s::uuid[] IS NULL OR c.id = any(%(ids)s::uuid[]))
    AND (%(clinic_id)s::uuid IS NULL OR c.clinic_id = %(clinic_id)s::uuid)
    AND (%(client_id)s::uuid IS NULL OR c.client_id = %(client_id)s::uuid)
    AND (%(state)s::text IS NULL OR c.state = %(state)s::text)
    AND (%(id)s::uuid IS NULL OR c.id > %(id)s::uuid)
ORDER BY c.id
LIMIT %(limit)s;

-- sessions --
-- The sessions of some courses.
SELECT id FROM booking.appointments
WHERE course_id = any(%(ids)s::uuid[]);

-- to_come --
-- Sessions after a number in these states, locked in the order of their ids, which is that of their numbers.
SELECT id FROM booking.appointments
WHERE course_id = %(id)s AND course_number > %(number)s AND status = any(%(statuses)s::text[])
ORDER BY id
FOR NO KEY UPDATE;

-- forget_words --
-- What people wrote about an erased client's courses; what happened when, and who did it, stays.
UPDATE booking.course_changes AS h SET reason = NULL
FROM booking.courses AS c
WHERE h.course_id = c.id AND c.client_id = %(client_id)s AND h.reason IS NOT NULL AND h.changed_by IS NOT NULL;
