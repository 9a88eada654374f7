-- Screenings, consents, sessions and adverse events.  Answers, findings, evidence, signatures and notes are sealed with
-- the client's key; what the work needs in clear (outcome, depths, lots, times) names nobody.
CREATE TABLE client_records.screenings (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    client_id uuid NOT NULL REFERENCES client_records.clients (id),
    appointment_id uuid,
    treatment_id uuid NOT NULL,
    cause text NOT NULL,
    rules_version text NOT NULL,
    starts_at timestamptz NOT NULL,
    answered_at timestamptz NOT NULL,
    decided_at timestamptz NOT NULL,
    decided_by uuid,
    outcome text NOT NULL,
    not_before timestamptz,
    answers bytea NOT NULL,
    findings bytea NOT NULL,
    CONSTRAINT screenings_know_their_outcome CHECK (outcome IN ('clear', 'review', 'defer', 'refuse')),
    CONSTRAINT screenings_defer_until CHECK ((outcome = 'defer') = (not_before IS NOT NULL))
);
CREATE INDEX screenings_client ON client_records.screenings (clinic_id, client_id, decided_at);
ALTER TABLE client_records.screenings ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_records.screenings FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON client_records.screenings
USING (client_records.in_scope(clinic_id)) WITH CHECK (client_records.in_scope(clinic_id));

CREATE TABLE client_records.overrides (
    screening_id uuid NOT NULL REFERENCES client_records.screenings (id),
    rule text NOT NULL,
    clinic_id uuid NOT NULL,
    severity text NOT NULL,
    reason bytea NOT NULL,
    letter_id uuid,
    lifted_by uuid NOT NULL,
    lifted_at timestamptz NOT NULL,
    PRIMARY KEY (screening_id, rule)
);
ALTER TABLE client_records.overrides ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_records.overrides FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON client_records.overrides
USING (client_records.in_scope(clinic_id)) WITH CHECK (client_records.in_scope(clinic_id));

CREATE TABLE client_records.consents (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    client_id uuid NOT NULL REFERENCES client_records.clients (id),
    appointment_id uuid NOT NULL,
    treatment_id uuid NOT NULL,
    template_version text NOT NULL,
    document_sha256 text NOT NULL,
    signature bytea NOT NULL,
    signed_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL
);
CREATE INDEX consents_client ON client_records.consents (clinic_id, client_id, appointment_id);
ALTER TABLE client_records.consents ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_records.consents FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON client_records.consents
USING (client_records.in_scope(clinic_id)) WITH CHECK (client_records.in_scope(clinic_id));

CREATE TABLE client_records.sessions (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    appointment_id uuid NOT NULL CONSTRAINT sessions_once_an_appointment UNIQUE,
    client_id uuid NOT NULL REFERENCES client_records.clients (id),
    treatment_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    device_id uuid NOT NULL,
    cartridge_lot text NOT NULL,
    cartridge_serial text NOT NULL,
    cartridge_expires_on date NOT NULL,
    screening_id uuid NOT NULL REFERENCES client_records.screenings (id),
    consent_id uuid NOT NULL REFERENCES client_records.consents (id),
    plan jsonb NOT NULL,
    details bytea NOT NULL,
    state text NOT NULL,
    reason text,
    note bytea,
    started_at timestamptz NOT NULL,
    started_by uuid NOT NULL,
    ended_at timestamptz,
    delivered jsonb,
    CONSTRAINT sessions_know_their_state CHECK (state IN ('running', 'completed', 'stopped')),
    CONSTRAINT sessions_end_once CHECK ((state = 'running') = (ended_at IS NULL)),
    CONSTRAINT sessions_stop_with_a_reason CHECK ((state = 'stopped') = (reason IS NOT NULL))
);
CREATE INDEX sessions_client ON client_records.sessions (clinic_id, client_id, started_at);
CREATE INDEX sessions_lot ON client_records.sessions (cartridge_lot);
ALTER TABLE client_records.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_records.sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON client_records.sessions
USING (client_records.in_scope(clinic_id)) WITH CHECK (client_records.in_scope(clinic_id));

-- One cartridge, one client, one session, for ever, in all clinics: the key does not care for scopes.
CREATE TABLE client_records.cartridge_uses (
    lot text NOT NULL,
    serial text NOT NULL,
    clinic_id uuid NOT NULL,
    session_id uuid NOT NULL,
    CONSTRAINT cartridge_used_once PRIMARY KEY (lot, serial)
);
ALTER TABLE client_records.cartridge_uses ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_records.cartridge_uses FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON client_records.cartridge_uses
USING (client_records.in_scope(clinic_id)) WITH CHECK (client_records.in_scope(clinic_id));

CREATE TABLE client_records.session_steps (
    session_id uuid NOT NULL REFERENCES client_records.sessions (id),
    position bigint NOT NULL,
    clinic_id uuid NOT NULL,
    step text NOT NULL,
    zone bigint,
    lot text,
    effective_at timestamptz,
    evidence bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL,
    PRIMARY KEY (session_id, position)
);
CREATE INDEX session_steps_lot ON client_records.session_steps (lot) WHERE lot IS NOT NULL;
ALTER TABLE client_records.session_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_records.session_steps FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON client_records.session_steps
USING (client_records.in_scope(clinic_id)) WITH CHECK (client_records.in_scope(clinic_id));

CREATE TABLE client_records.adverse_events (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    client_id uuid NOT NULL REFERENCES client_records.clients (id),
    session_id uuid REFERENCES client_records.sessions (id),
    class text NOT NULL,
    signs bytea NOT NULL,
    note bytea,
    onset_at timestamptz,
    reply_due_at timestamptz NOT NULL,
    seen_due_at timestamptz NOT NULL,
    incident boolean NOT NULL,
    reported_at timestamptz NOT NULL,
    reported_by uuid NOT NULL
);
CREATE INDEX adverse_events_client ON client_records.adverse_events (clinic_id, client_id, reported_at);
ALTER TABLE client_records.adverse_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_records.adverse_events FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON client_records.adverse_events
USING (client_records.in_scope(clinic_id)) WITH CHECK (client_records.in_scope(clinic_id));
