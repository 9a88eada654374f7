-- What notification remembers of others.
CREATE TABLE notification.clinics (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL CHECK (clinic_id = id),
    name text NOT NULL,
    time_zone text NOT NULL,
    phone text,
    email text,
    sequence bigint NOT NULL
);

-- `contact` (given name, e-mail, telephone) is sealed with the client's own key; erasing drops both.
CREATE TABLE notification.clients (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    data_key bytea,
    contact bytea,
    locale text NOT NULL,
    active boolean NOT NULL,
    erased boolean NOT NULL DEFAULT FALSE,
    version bigint NOT NULL
);

CREATE TABLE notification.appointments (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    client_id uuid NOT NULL,
    version bigint NOT NULL,
    status text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    time_zone text NOT NULL,
    practitioner_id uuid NOT NULL,
    practitioner_name text NOT NULL
);

-- Every message: what is due when, and what became of it.  Neither text nor address is kept.
CREATE TABLE notification.messages (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    client_id uuid NOT NULL,
    appointment_id uuid NOT NULL,
    appointment_version bigint NOT NULL, -- 0: follows a session, not an appointment's version
    kind text NOT NULL,
    channel text NOT NULL,
    issue bigint NOT NULL DEFAULT 0, -- 0 by itself, 1, 2 … when a person sent it again
    resend_of uuid REFERENCES notification.messages (id),
    requested_by uuid,
    state text NOT NULL CHECK (state IN (
        'planned', 'waiting', 'no_channel', 'sending', 'sent', 'unknown', 'failed', 'dropped', 'cancelled'
    )),
    reason text,
    due_at timestamptz NOT NULL,
    useful_until timestamptz NOT NULL,
    next_at timestamptz NOT NULL, -- when the dispatcher looks at it: due_at, later after a refusal for the moment
    attempts bigint NOT NULL DEFAULT 0,
    claim uuid,
    lease_until timestamptz,
    handed_over_at timestamptz, -- the hand-over began; until an answer is known it may not be repeated
    sent_at timestamptz,
    template text,
    created_at timestamptz NOT NULL,
    CONSTRAINT once_per_version_kind_and_channel
    UNIQUE (appointment_id, kind, channel, appointment_version, issue),
    CONSTRAINT sending_is_leased CHECK ((state = 'sending') = (lease_until IS NOT NULL))
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX messages_one_pending ON notification.messages (appointment_id, kind, issue)
WHERE state IN ('planned', 'waiting', 'no_channel');
CREATE INDEX messages_due ON notification.messages (next_at) WHERE state = 'planned';
CREATE INDEX messages_leased ON notification.messages (lease_until) WHERE state = 'sending';
CREATE INDEX messages_stuck ON notification.messages (useful_until) WHERE state IN ('waiting', 'no_channel');
CREATE INDEX messages_waiting ON notification.messages (client_id) WHERE state IN ('waiting', 'no_channel');
CREATE INDEX messages_of_client ON notification.messages (client_id, due_at, id);
CREATE INDEX messages_of_clinic ON notification.messages (clinic_id, due_at, id);

ALTER TABLE notification.clinics ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification.clinics FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON notification.clinics
USING (notification.in_scope(clinic_id)) WITH CHECK (notification.in_scope(clinic_id));

ALTER TABLE notification.clients ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification.clients FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON notification.clients
USING (notification.in_scope(clinic_id)) WITH CHECK (notification.in_scope(clinic_id));

ALTER TABLE notification.appointments ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification.appointments FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON notification.appointments
USING (notification.in_scope(clinic_id)) WITH CHECK (notification.in_scope(clinic_id));

ALTER TABLE notification.messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification.messages FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON notification.messages
USING (notification.in_scope(clinic_id)) WITH CHECK (notification.in_scope(clinic_id));
