-- API keys by their SHA-256; the key itself is shown once and kept nowhere.  No clinic: a headquarters role.
CREATE TABLE identity.api_keys (
    id uuid PRIMARY KEY,
    clinic_id uuid,
    digest bytea NOT NULL UNIQUE,
    label text NOT NULL,
    role text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);

CREATE INDEX api_keys_of_clinic ON identity.api_keys (clinic_id);

ALTER TABLE identity.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity.api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON identity.api_keys
USING (identity.in_scope(clinic_id)) WITH CHECK (identity.in_scope(clinic_id));

-- Keys that sign access tokens.  The private half is sealed; the public half is published until retirement.
CREATE TABLE identity.signing_keys (
    kid text PRIMARY KEY,
    private_key bytea NOT NULL,
    public_jwk jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    use_from timestamptz NOT NULL,
    retire_at timestamptz
);
