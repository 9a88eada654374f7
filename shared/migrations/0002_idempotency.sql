-- squawk-ignore-file require-table-schema
-- The first answer to each Idempotency-Key, written in the transaction of what it answers.
-- `response` is sealed (AES-256-GCM): it may hold health data.
CREATE TABLE idempotency_keys (
    principal text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    response bytea,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (principal, route, key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
