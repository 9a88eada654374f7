-- Who is signed in with a browser.  The cookie's value is kept as its SHA-256, the person and the tokens sealed: a stolen copy of
-- this table opens nothing.
CREATE TABLE web.sessions (
    id_hash bytea PRIMARY KEY,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    token_ends_at timestamptz NOT NULL,
    CONSTRAINT sessions_hash_is_sha256 CHECK (octet_length(id_hash) = 32)
) WITH (fillfactor = 70);

-- For sweeping away what nobody came back to.
CREATE INDEX sessions_by_seen_at ON web.sessions (seen_at);
