-- replace --
-- Remember what is bound now, and return what was bound before and is no longer wanted.
WITH wanted AS (
    INSERT INTO bindings (type)
    SELECT unnest(%(types)s::text[])
    ON CONFLICT DO NOTHING
)

DELETE FROM bindings
WHERE type <> all(%(types)s::text[])
RETURNING type;
