-- take --
-- Remember which events came, and learn in the same trip what is known of their subjects.  A second copy of an id in
-- one batch is inserted once.
WITH came AS (
    SELECT
        unnest(%(ids)s::uuid[]) AS id,
        unnest(%(sources)s::text[]) AS source,
        unnest(%(subjects)s::uuid[]) AS subject,
        unnest(%(sequences)s::bigint[]) AS sequence
),

fresh AS (
    INSERT INTO inbox (id, received_at)
    SELECT
        came.id,
        %(now)s::timestamptz
    FROM came
    ON CONFLICT DO NOTHING
    RETURNING id
)

SELECT
    came.id,
    coalesce(applied.sequence, 0) AS last,
    exists(
        SELECT 1 FROM retries
        WHERE
            retries.source = came.source
            AND retries.subject = came.subject
            AND retries.sequence < came.sequence
            AND NOT retries.replayed
    ) AS held
FROM came
INNER JOIN fresh ON came.id = fresh.id
LEFT JOIN applied ON came.source = applied.source AND came.subject = applied.subject;

-- take_unread --
-- An event that could not be read still comes once.
INSERT INTO inbox (id, received_at) VALUES (%(id)s, %(now)s)
ON CONFLICT DO NOTHING;

-- advance --
-- Keep the last applied sequence of each subject; a replayed event does not turn it back.
INSERT INTO applied (source, subject, sequence)
SELECT
    unnest(%(sources)s::text[]) AS source,
    unnest(%(subjects)s::uuid[]) AS subject,
    unnest(%(sequences)s::bigint[]) AS sequence
ON CONFLICT (source, subject) DO UPDATE
    SET sequence = greatest(applied.sequence, excluded.sequence);
