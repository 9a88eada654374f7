-- Addresses under which calendar programs read a diary.  Only a hash of the secret in the address is kept.
CREATE TABLE booking.calendars (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL REFERENCES booking.clinics (id),
    kind text NOT NULL CHECK (kind IN ('practitioner', 'room', 'clinic')),
    subject_id uuid NOT NULL,
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX calendars_by_clinic ON booking.calendars (clinic_id, id) WHERE revoked_at IS NULL;
ALTER TABLE booking.calendars ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.calendars FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.calendars
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));
