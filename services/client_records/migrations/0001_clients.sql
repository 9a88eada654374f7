-- Who the clients are.  What identifies them is sealed with a key of their own: to forget the key is to erase them.
-- Clinics, practitioners, devices and appointments are copies made from events, as far as a treatment asks for them.
CREATE TABLE client_records.clinics (
    clinic_id uuid PRIMARY KEY,
    name text NOT NULL,
    time_zone text NOT NULL,
    jurisdiction text NOT NULL,
    sequence bigint NOT NULL
);
ALTER TABLE client_records.clinics ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_records.clinics FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON client_records.clinics
USING (client_records.in_scope(clinic_id)) WITH CHECK (client_records.in_scope(clinic_id));

-- A null depth or date allows nothing.
CREATE TABLE client_records.practitioners (
    practitioner_id uuid NOT NULL,
    clinic_id uuid NOT NULL,
    max_depth_face_um bigint,
    max_depth_body_um bigint,
    valid_until date,
    active boolean NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (practitioner_id, clinic_id)
);
ALTER TABLE client_records.practitioners ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_records.practitioners FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON client_records.practitioners
USING (client_records.in_scope(clinic_id)) WITH CHECK (client_records.in_scope(clinic_id));

CREATE TABLE client_records.devices (
    device_id uuid NOT NULL,
    clinic_id uuid NOT NULL,
    name text NOT NULL,
    model text NOT NULL,
    fit boolean NOT NULL,
    reasons text[] NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (device_id, clinic_id)
);
ALTER TABLE client_records.devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_records.devices FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON client_records.devices
USING (client_records.in_scope(clinic_id)) WITH CHECK (client_records.in_scope(clinic_id));

-- An older version never overwrites a newer one.
CREATE TABLE client_records.appointments (
    appointment_id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    version bigint NOT NULL,
    status text NOT NULL,
    client_id uuid NOT NULL,
    treatment_id uuid NOT NULL,
    treatment_name text NOT NULL,
    indication text,
    practitioner_id uuid NOT NULL,
    device_id uuid,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX appointments_client ON client_records.appointments (clinic_id, client_id);
ALTER TABLE client_records.appointments ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_records.appointments FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON client_records.appointments
USING (client_records.in_scope(clinic_id)) WITH CHECK (client_records.in_scope(clinic_id));

-- The indexes are blind: an equal address is found, none is read.
CREATE TABLE client_records.clients (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    sealed bytea,
    email_index bytea,
    phone_index bytea,
    locale text NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    erased_at timestamptz,
    CONSTRAINT clients_erased_keep_nothing CHECK (
        (erased_at IS NULL AND sealed IS NOT NULL)
        OR (erased_at IS NOT NULL AND sealed IS NULL AND email_index IS NULL AND phone_index IS NULL)
    )
);
CREATE INDEX clients_of_clinic ON client_records.clients (clinic_id, id);
CREATE INDEX clients_email ON client_records.clients (clinic_id, email_index);
CREATE INDEX clients_phone ON client_records.clients (clinic_id, phone_index);
ALTER TABLE client_records.clients ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_records.clients FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON client_records.clients
USING (client_records.in_scope(clinic_id)) WITH CHECK (client_records.in_scope(clinic_id));

-- Apart from what they open, so that a backup of the records can be kept without them.
CREATE TABLE client_records.client_keys (
    client_id uuid PRIMARY KEY REFERENCES client_records.clients (id),
    clinic_id uuid NOT NULL,
    wrapped bytea NOT NULL
);
ALTER TABLE client_records.client_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_records.client_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON client_records.client_keys
USING (client_records.in_scope(clinic_id)) WITH CHECK (client_records.in_scope(clinic_id));
