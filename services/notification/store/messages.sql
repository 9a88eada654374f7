-- plan --
-- A message that is already planned, or was sent for this version, is not planned twice.
INSERT INTO notification.messages (
    id, clinic_id, client_id, appointment_id, appointment_version, kind, channel, issue, resend_of, requested_by,
    state, reason, due_at, useful_until, next_at, created_at
) VALUES (
    %(id)s, %(clinic_id)s, %(client_id)s, %(appointment_id)s, %(version)s, %(kind)s, %(channel)s, %(issue)s,
    %(resend_of)s, %(requested_by)s, %(state)s, %(reason)s, %(due_at)s, %(useful_until)s, %(due_at)s, %(now)s
) ON CONFLICT DO NOTHING;

-- follow --
-- What has not been handed over follows its appointment: other version, and other times where the plan has them.
UPDATE notification.messages SET
    appointment_version = %(version)s,
    due_at = coalesce(%(due_at)s::timestamptz, due_at),
    useful_until = %(useful_until)s,
    next_at = coalesce(%(due_at)s::timestamptz, next_at),
    state = CASE
        WHEN %(dropped)s::text IS NOT NULL THEN 'dropped'
        WHEN state = 'sending' THEN 'planned'
        ELSE state
    END,
    reason = coalesce(%(dropped)s::text, reason),
    claim = NULL,
    lease_until = NULL
WHERE
    appointment_id = %(appointment_id)s AND kind = %(kind)s
    AND (state IN ('planned', 'waiting', 'no_channel') OR (state = 'sending' AND handed_over_at IS NULL));

-- die --
-- What has not been handed over is not sent any more.
UPDATE notification.messages SET state = 'cancelled', reason = %(reason)s, claim = NULL, lease_until = NULL
WHERE
    appointment_id = %(appointment_id)s AND kind = any(%(kinds)s::text[])
    AND (state IN ('planned', 'waiting', 'no_channel') OR (state = 'sending' AND handed_over_at IS NULL));

-- course_told --
-- Whether a confirmation of any session was handed over, or else is still to go.
SELECT
    CASE
        WHEN bool_or(m.state IN ('sent', 'unknown')) THEN 'sent'
        WHEN bool_or(m.state IN ('planned', 'waiting', 'no_channel', 'sending')) THEN 'planned'
    END AS told
FROM notification.appointments AS a
INNER JOIN notification.messages AS m ON a.client_id = m.client_id AND a.id = m.appointment_id
WHERE a.course_id = %(course_id)s AND m.kind = 'confirmation';

-- reach_again --
-- A client's contact has arrived or changed: what is still to come goes the way that is now open.
UPDATE notification.messages SET state = %(state)s, reason = %(reason)s, channel = %(channel)s
WHERE client_id = %(client_id)s AND state IN ('planned', 'waiting', 'no_channel');

-- clinic_heard --
UPDATE notification.messages SET state = 'planned', reason = NULL
WHERE clinic_id = %(clinic_id)s AND state = 'waiting' AND reason = 'clinic_unknown';

-- find --
SELECT
    id, clinic_id, client_id, appointment_id, appointment_version, kind, channel, issue, resend_of, state, reason,
    due_at, useful_until, attempts, handed_over_at, sent_at, template, created_at
FROM notification.messages
WHERE id = %(id)s;

-- listed --
-- The newest due first.
SELECT
    id, clinic_id, client_id, appointment_id, appointment_version, kind, channel, issue, resend_of, state, reason,
    due_at, useful_until, attempts, handed_over_at, sent_at, template, created_at
FROM notification.messages
WHERE
    (%(clinic_id)s::uuid IS NULL OR clinic_id = %(clinic_id)s::uuid)
    AND (%(client_id)s::uuid IS NULL OR client_id = %(client_id)s::uuid)
    AND (%(appointment_id)s::uuid IS NULL OR appointment_id = %(appointment_id)s::uuid)
    AND (%(state)s::text IS NULL OR state = %(state)s::text)
    AND (%(after_due)s::timestamptz IS NULL OR (due_at, id) < (%(after_due)s::timestamptz, %(after_id)s::uuid))
ORDER BY due_at DESC, id DESC
LIMIT %(limit)s;

-- lock --
SELECT id, clinic_id, client_id, appointment_id, kind, state, useful_until FROM notification.messages
WHERE id = %(id)s FOR UPDATE;

-- issues --
SELECT
    max(issue) AS last,
    count(*) FILTER (WHERE state IN ('planned', 'waiting', 'no_channel', 'sending')) AS under_way
FROM notification.messages
WHERE appointment_id = %(appointment_id)s AND kind = %(kind)s;
