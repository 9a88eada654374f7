-- claim --
-- Some due messages for one dispatcher; another one passes them by.  Commit before sending.
WITH due AS (
    SELECT id FROM notification.messages
    WHERE state = 'planned' AND next_at <= %(now)s
    ORDER BY next_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)

UPDATE notification.messages AS m
SET state = 'sending', claim = %(claim)s, lease_until = %(lease_until)s, handed_over_at = NULL, reason = NULL
FROM due
WHERE m.id = due.id
RETURNING m.id;

-- recover --
-- A dispatcher died: what it had not begun to hand over is planned again; of the rest the answer is lost.
WITH orphans AS (
    SELECT id FROM notification.messages
    WHERE state = 'sending' AND lease_until < %(now)s
    ORDER BY lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED
)

UPDATE notification.messages AS m
SET
    state = CASE WHEN m.handed_over_at IS NULL THEN 'planned' ELSE 'unknown' END,
    reason = CASE WHEN m.handed_over_at IS NULL THEN NULL ELSE 'answer_lost' END,
    lease_until = NULL
FROM orphans
WHERE m.id = orphans.id
RETURNING m.id, m.clinic_id, m.client_id, m.appointment_id, m.kind, m.channel, m.due_at, m.state, m.reason;

-- expire --
-- What waited, or had no way to go, for longer than it was of use.
WITH useless AS (
    SELECT id FROM notification.messages
    WHERE state IN ('waiting', 'no_channel') AND useful_until <= %(now)s
    ORDER BY useful_until LIMIT 1000 FOR UPDATE SKIP LOCKED
)

UPDATE notification.messages AS m SET state = 'failed'
FROM useless
WHERE m.id = useless.id
RETURNING m.id, m.clinic_id, m.client_id, m.appointment_id, m.kind, m.channel, m.due_at, m.state, m.reason;

-- open --
-- One claimed message with everything that decides about it.  No row: it is not ours any more.
SELECT
    m.id, m.clinic_id, m.client_id, m.appointment_id, m.appointment_version, m.kind, m.channel, m.issue, m.due_at,
    m.useful_until, m.attempts, a.status, a.version, a.starts_at, a.ends_at, a.time_zone, a.practitioner_id,
    a.practitioner_name, a.link_issue, a.course_id, a.course_number, a.course_sessions, c.name AS clinic_name,
    c.time_zone AS clinic_time_zone, c.phone AS clinic_phone, c.email AS clinic_email,
    p.data_key, p.contact, p.locale, p.active, p.erased
FROM notification.messages AS m
LEFT JOIN notification.appointments AS a ON m.appointment_id = a.id
LEFT JOIN notification.clinics AS c ON m.clinic_id = c.id
LEFT JOIN notification.clients AS p ON m.client_id = p.id
WHERE m.id = %(id)s AND m.claim = %(claim)s AND m.state = 'sending'
FOR UPDATE OF m;

-- begin --
-- From here on nobody repeats it without an answer.
UPDATE notification.messages
SET handed_over_at = %(now)s, lease_until = %(lease_until)s, template = %(template)s, attempts = attempts + 1
WHERE id = %(id)s;

-- settle --
-- Also right when the lease ran out meanwhile: the answer is known now.
UPDATE notification.messages SET
    state = %(state)s, reason = %(reason)s, next_at = coalesce(%(next_at)s::timestamptz, next_at),
    sent_at = %(sent_at)s, lease_until = NULL
WHERE id = %(id)s AND claim = %(claim)s AND state IN ('sending', 'unknown')
RETURNING id, clinic_id, client_id, appointment_id, kind, channel, due_at, state, reason;

-- release --
-- Give back what was claimed and not begun.
UPDATE notification.messages SET state = 'planned', next_at = greatest(next_at, %(next_at)s), lease_until = NULL
WHERE claim = %(claim)s AND state = 'sending' AND handed_over_at IS NULL;
