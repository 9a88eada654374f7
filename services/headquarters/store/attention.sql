-- keep --
-- What a person acknowledged stays acknowledged; a cause that returns after it opens the item again.
INSERT INTO headquarters.attention AS known (
    id, clinic_id, kind, subject, severity, since, due_at, facts, stays, gone_at, sequence
) VALUES (
    %(id)s, %(clinic_id)s, %(kind)s, %(subject)s, %(severity)s, %(since)s, %(due_at)s, %(facts)s, %(stays)s,
    %(gone_at)s, %(sequence)s
)
ON CONFLICT (id) DO UPDATE SET
    severity = excluded.severity,
    since = CASE WHEN known.gone_at IS NULL THEN known.since ELSE excluded.since END,
    due_at = excluded.due_at,
    facts = excluded.facts,
    gone_at = excluded.gone_at,
    acknowledged_at = CASE
        WHEN known.gone_at IS NOT NULL AND excluded.gone_at IS NULL THEN NULL ELSE known.acknowledged_at
    END,
    sequence = excluded.sequence
WHERE known.sequence < excluded.sequence OR excluded.sequence = 0;

-- gone --
UPDATE headquarters.attention SET gone_at = %(at)s
WHERE id = %(id)s AND gone_at IS NULL;

-- to_do --
-- Worst first, then the oldest.  A credential shows thirty days before it ends.
SELECT
    id, clinic_id, kind, subject, severity, since, due_at, facts, gone_at, acknowledged_at, acknowledged_by, note
FROM headquarters.attention
WHERE
    acknowledged_at IS NULL AND (stays OR gone_at IS NULL)
    AND (%(clinic_id)s::uuid IS NULL OR clinic_id = %(clinic_id)s::uuid)
    AND (kind <> 'credential' OR due_at IS NULL OR due_at < %(credentials_until)s)
    AND (
        %(after_severity)s::bigint IS NULL
        OR (severity, since, id) > (%(after_severity)s::bigint, %(after_since)s::timestamptz, %(after_id)s::uuid)
    )
ORDER BY severity, since, id
LIMIT %(limit)s;

-- lock --
SELECT
    id, clinic_id, kind, subject, severity, since, due_at, facts, gone_at, acknowledged_at, acknowledged_by, note
FROM headquarters.attention
WHERE id = %(id)s FOR UPDATE;

-- acknowledge --
UPDATE headquarters.attention
SET acknowledged_at = %(now)s, acknowledged_by = %(by)s, note = %(note)s
WHERE id = %(id)s
RETURNING
    id, clinic_id, kind, subject, severity, since, due_at, facts, gone_at, acknowledged_at, acknowledged_by, note;

-- log --
INSERT INTO headquarters.attention_log (attention_id, clinic_id, action, done_by, done_at, note)
VALUES (%(id)s, %(clinic_id)s, 'acknowledged', %(by)s, %(now)s, %(note)s);
