-- One sign-in, from password to sign-out: the family of refresh tokens that followed from it.
CREATE TABLE identity.sessions (
    id uuid PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES identity.staff (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_because text
);

CREATE INDEX sessions_of_staff ON identity.sessions (staff_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_end ON identity.sessions (expires_at);

-- Refresh tokens by their SHA-256; a used one that comes again ends its session.
CREATE TABLE identity.refresh_tokens (
    digest bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES identity.sessions (id) ON DELETE CASCADE,
    issued_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE INDEX refresh_tokens_of_session ON identity.refresh_tokens (session_id);

-- How soon the next try is due (GCRA): one row for a network, an account, and an account from a network.
CREATE TABLE identity.attempts (
    key bytea PRIMARY KEY,
    due_at timestamptz NOT NULL
);

CREATE INDEX attempts_by_age ON identity.attempts (due_at);
