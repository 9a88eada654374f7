-- inbox --
-- A repeat comes within minutes; an event older than 30 days is parked unread (shared/amqp/envelope.py).
DELETE FROM inbox
WHERE id IN (
    SELECT old.id FROM inbox AS old
    WHERE old.received_at < %(now)s::timestamptz - interval '35 days'
    ORDER BY old.received_at
    LIMIT 5000
);
