-- Clients as far as booking must know them: that they exist, and at which clinic.
CREATE TABLE booking.clients (
    id uuid PRIMARY KEY REFERENCES booking.resources (id),
    clinic_id uuid NOT NULL,
    active boolean NOT NULL
);
ALTER TABLE booking.clients ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.clients FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.clients
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- The last word of client records on treating a client; why they said so stays there.
CREATE TABLE booking.screenings (
    client_id uuid NOT NULL,
    treatment_id uuid NOT NULL,
    clinic_id uuid NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('clear', 'review', 'defer', 'refuse')),
    not_before timestamptz,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, treatment_id)
);
ALTER TABLE booking.screenings ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.screenings FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.screenings
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- A hold is an appointment that nobody has promised yet: one table, one constraint, for both.
CREATE TABLE booking.appointments (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL REFERENCES booking.clinics (id),
    client_id uuid,
    treatment_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    room_id uuid NOT NULL,
    device_id uuid REFERENCES booking.devices (id),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    status text NOT NULL CHECK (
        status IN (
            'held', 'booked', 'confirmed', 'arrived', 'in_treatment', 'completed', 'cancelled', 'missed', 'lapsed'
        )
    ),
    screening text NOT NULL CHECK (screening IN ('pending', 'clear', 'review', 'defer', 'refuse')),
    expires_at timestamptz,
    version bigint NOT NULL,
    FOREIGN KEY (clinic_id, treatment_id) REFERENCES booking.treatments (clinic_id, id),
    FOREIGN KEY (clinic_id, practitioner_id) REFERENCES booking.practitioners (clinic_id, id),
    FOREIGN KEY (clinic_id, room_id) REFERENCES booking.rooms (clinic_id, id),
    CONSTRAINT appointments_end_after_they_start CHECK (starts_at < ends_at),
    CONSTRAINT only_holds_may_lack_a_client CHECK (client_id IS NOT NULL OR status IN ('held', 'lapsed')),
    CONSTRAINT holds_expire CHECK (status <> 'held' OR expires_at IS NOT NULL)
);
CREATE INDEX appointments_by_day ON booking.appointments (clinic_id, starts_at, id);
CREATE INDEX appointments_by_client ON booking.appointments (client_id, starts_at);
CREATE INDEX holds_by_expiry ON booking.appointments (expires_at) WHERE status = 'held';
ALTER TABLE booking.appointments ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.appointments FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.appointments
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- What changed, who changed it, when and why.  Nothing here is ever rewritten.
CREATE TABLE booking.appointment_changes (
    appointment_id uuid NOT NULL REFERENCES booking.appointments (id),
    version bigint NOT NULL,
    clinic_id uuid NOT NULL,
    happened text NOT NULL,
    changed text[] NOT NULL,
    status text NOT NULL,
    starts_at timestamptz NOT NULL,
    changed_by uuid,
    changed_at timestamptz NOT NULL,
    reason text,
    PRIMARY KEY (appointment_id, version)
);
ALTER TABLE booking.appointment_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.appointment_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.appointment_changes
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- Who and what is taken when, set-up and clean-down included.  No clinic: the same practitioner or client must not be
-- in two clinics at once, so the constraint has to see them all.  It holds nothing but ids and times.  A hold stops
-- standing in the way when it expires, whether or not the timer has come round.
CREATE TABLE booking.allocations (
    appointment_id uuid NOT NULL REFERENCES booking.appointments (id),
    resource_id uuid NOT NULL REFERENCES booking.resources (id),
    during tstzrange NOT NULL CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)),
    active boolean NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (appointment_id, resource_id),
    CONSTRAINT allocations_never_overlap EXCLUDE USING gist (
        resource_id WITH =, during WITH &&
    ) WHERE (active)
);

CREATE INDEX allocations_expiring ON booking.allocations (resource_id) WHERE expires_at IS NOT NULL;

-- From when until when skin recovers; no second session may begin inside, at any clinic.  `during` is what the
-- constraint holds: it ends early, or is empty, where a session that was booked before stands in the way of what
-- really happened (treated_at until recovered_at).
CREATE TABLE booking.recoveries (
    appointment_id uuid PRIMARY KEY REFERENCES booking.appointments (id),
    client_id uuid NOT NULL,
    recovery_group text NOT NULL,
    during tstzrange NOT NULL,
    treated_at timestamptz NOT NULL,
    recovered_at timestamptz NOT NULL CHECK (treated_at < recovered_at),
    active boolean NOT NULL,
    CONSTRAINT recoveries_never_overlap EXCLUDE USING gist (
        client_id WITH =, recovery_group WITH =, during WITH &&
    ) WHERE (active)
);
CREATE INDEX recoveries_by_client ON booking.recoveries (client_id, recovered_at);
