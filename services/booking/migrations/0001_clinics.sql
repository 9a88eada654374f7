-- Clinics and what they treat with.  Minutes of hours count from local midnight; weekday 1 is Monday (ISO 8601).
CREATE TABLE booking.clinics (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    time_zone text NOT NULL,
    jurisdiction text NOT NULL,
    phone text,
    email text,
    step_minutes bigint NOT NULL CHECK (step_minutes BETWEEN 5 AND 120),
    lead_minutes bigint NOT NULL CHECK (lead_minutes >= 0),
    horizon_days bigint NOT NULL CHECK (horizon_days BETWEEN 1 AND 730),
    screening_first boolean NOT NULL,
    active boolean NOT NULL,
    version bigint NOT NULL
);
ALTER TABLE booking.clinics ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.clinics FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.clinics
USING (booking.in_scope(id)) WITH CHECK (booking.in_scope(id));

CREATE TABLE booking.opening_hours (
    clinic_id uuid NOT NULL REFERENCES booking.clinics (id),
    weekday bigint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    opens_minute bigint NOT NULL CHECK (opens_minute >= 0),
    closes_minute bigint NOT NULL CHECK (closes_minute <= 1440),
    PRIMARY KEY (clinic_id, weekday, opens_minute),
    CHECK (opens_minute < closes_minute),
    CONSTRAINT opening_hours_never_overlap EXCLUDE USING gist (
        clinic_id WITH =, weekday WITH =, int8range(opens_minute, closes_minute) WITH &&
    )
);
ALTER TABLE booking.opening_hours ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.opening_hours FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.opening_hours
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- Whatever can be in one place only: a row to lock before it is promised.  One person may work or be treated at
-- several clinics, so this knows no clinic; it holds nothing but ids.
CREATE TABLE booking.resources (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('practitioner', 'room', 'device', 'client'))
);

-- `id` is the staff member's at identity.  A null depth or date means: nothing is allowed.
CREATE TABLE booking.practitioners (
    clinic_id uuid NOT NULL REFERENCES booking.clinics (id),
    id uuid NOT NULL REFERENCES booking.resources (id),
    name text NOT NULL,
    credential text NOT NULL,
    max_depth_face_um bigint,
    max_depth_body_um bigint,
    valid_until date,
    active boolean NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id)
);
CREATE INDEX practitioners_by_person ON booking.practitioners (id);
ALTER TABLE booking.practitioners ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.practitioners FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.practitioners
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

CREATE TABLE booking.working_hours (
    clinic_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    weekday bigint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    opens_minute bigint NOT NULL CHECK (opens_minute >= 0),
    closes_minute bigint NOT NULL CHECK (closes_minute <= 1440),
    PRIMARY KEY (clinic_id, practitioner_id, weekday, opens_minute),
    FOREIGN KEY (clinic_id, practitioner_id) REFERENCES booking.practitioners (clinic_id, id),
    CHECK (opens_minute < closes_minute),
    CONSTRAINT working_hours_never_overlap EXCLUDE USING gist (
        clinic_id WITH =, practitioner_id WITH =, weekday WITH =,
        int8range(opens_minute, closes_minute) WITH &&
    )
);
ALTER TABLE booking.working_hours ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.working_hours FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.working_hours
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

CREATE TABLE booking.rooms (
    id uuid PRIMARY KEY REFERENCES booking.resources (id),
    clinic_id uuid NOT NULL REFERENCES booking.clinics (id),
    name text NOT NULL,
    kind text NOT NULL,
    turnover_minutes bigint NOT NULL CHECK (turnover_minutes BETWEEN 0 AND 240),
    active boolean NOT NULL,
    version bigint NOT NULL,
    UNIQUE (clinic_id, id)
);
ALTER TABLE booking.rooms ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.rooms FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.rooms
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- As device telemetry last told; a device that it never told of cannot be booked.
CREATE TABLE booking.devices (
    id uuid PRIMARY KEY REFERENCES booking.resources (id),
    clinic_id uuid NOT NULL,
    name text NOT NULL,
    model text NOT NULL,
    status text NOT NULL,
    fit boolean NOT NULL,
    reasons text[] NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX devices_by_clinic ON booking.devices (clinic_id);
ALTER TABLE booking.devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.devices FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.devices
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- `recovery_group` names the skin that is treated: sessions of one group keep the interval at every clinic.
CREATE TABLE booking.treatments (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL REFERENCES booking.clinics (id),
    name text NOT NULL,
    indication text NOT NULL,
    duration_minutes bigint NOT NULL CHECK (duration_minutes BETWEEN 5 AND 480),
    buffer_before_minutes bigint NOT NULL CHECK (buffer_before_minutes BETWEEN 0 AND 120),
    buffer_after_minutes bigint NOT NULL CHECK (buffer_after_minutes BETWEEN 0 AND 120),
    room_kind text NOT NULL,
    needs_device boolean NOT NULL,
    interval_days bigint NOT NULL CHECK (interval_days BETWEEN 1 AND 730),
    recovery_group text NOT NULL,
    area text NOT NULL CHECK (area IN ('face', 'body')),
    depth_um bigint NOT NULL CHECK (depth_um BETWEEN 1 AND 3000),
    credentials text[] NOT NULL CHECK (cardinality(credentials) > 0),
    price_minor bigint CHECK (price_minor >= 0),
    currency text,
    active boolean NOT NULL,
    version bigint NOT NULL,
    UNIQUE (clinic_id, id),
    CHECK ((price_minor IS NULL) = (currency IS NULL))
);
ALTER TABLE booking.treatments ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.treatments FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.treatments
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));
