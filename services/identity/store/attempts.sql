-- try --
-- GCRA in one row: no row comes back when the try is too soon.
INSERT INTO identity.attempts AS known (key, due_at)
VALUES (%(key)s, %(now)s::timestamptz + %(every)s::interval)
ON CONFLICT (key) DO UPDATE
    SET due_at = greatest(known.due_at, %(now)s::timestamptz) + %(every)s::interval
    WHERE
    greatest(known.due_at, %(now)s::timestamptz) + %(every)s::interval
    <= %(now)s::timestamptz + %(ahead)s::interval
RETURNING due_at;

-- find --
-- When the key's tries are paid off.
SELECT due_at FROM identity.attempts
WHERE key = %(key)s;

-- forgive --
-- Somebody who knew the password owes nothing.
DELETE FROM identity.attempts
WHERE key = %(key)s;

-- forget_old --
-- Rows that no longer hold anybody back.
DELETE FROM identity.attempts
WHERE key IN (
    SELECT a.key FROM identity.attempts AS a
    WHERE a.due_at < %(now)s
    ORDER BY a.due_at
    LIMIT 100
    FOR UPDATE SKIP LOCKED
);
