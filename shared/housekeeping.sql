-- inbox --
-- A repeat comes within minutes; an event older than 30 days is parked unread (shared/amqp/envelope.py).
DELETE FROM inbox
WHERE id IN (
    SELECT old.id FROM inbox AS old
    WHERE old.received_at < %(now)s::timestamptz - interval '35 days'
    ORDER BY old.received_at
    LIMIT 5000
);

-- answers --
-- Kept for a repeat of the same request within a day (shared/http/idempotency.py); they may hold health data.
DELETE FROM idempotency_keys
WHERE ctid IN (
    SELECT old.ctid FROM idempotency_keys AS old
    WHERE old.created_at < %(now)s::timestamptz - interval '24 hours'
    ORDER BY old.created_at
    LIMIT 1000
    FOR UPDATE SKIP LOCKED
);
