-- Who works for the franchise.  Headquarters roles reach every clinic; clinic roles reach their memberships.
CREATE TABLE identity.staff (
    id uuid PRIMARY KEY,
    version bigint NOT NULL DEFAULT 1,
    email text NOT NULL,
    name text NOT NULL,
    roles text[] NOT NULL,
    active boolean NOT NULL DEFAULT TRUE,
    epoch bigint NOT NULL DEFAULT 1,
    password_hash text,
    -- The secret of one-time codes, sealed; confirmed once its owner has shown a code.
    otp_secret bytea,
    otp_confirmed boolean NOT NULL DEFAULT FALSE,
    otp_last_step bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    CONSTRAINT staff_has_a_role CHECK (cardinality(roles) > 0)
);

CREATE UNIQUE INDEX staff_email_once ON identity.staff (lower(email));

CREATE TABLE identity.memberships (
    clinic_id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES identity.staff (id) ON DELETE CASCADE,
    PRIMARY KEY (clinic_id, staff_id)
);

CREATE INDEX memberships_of_staff ON identity.memberships (staff_id);

ALTER TABLE identity.memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity.memberships FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON identity.memberships
USING (identity.in_scope(clinic_id)) WITH CHECK (identity.in_scope(clinic_id));
