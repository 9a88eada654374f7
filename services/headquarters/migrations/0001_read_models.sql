-- Everything here is made from events and may be made again.  No name, no contact, no health data of a client.
CREATE TABLE headquarters.clinics (
    clinic_id uuid PRIMARY KEY,
    name text NOT NULL,
    time_zone text NOT NULL,
    capacity_minutes bigint NOT NULL,
    active boolean NOT NULL,
    sequence bigint NOT NULL
);

-- Beside the clinics: written with every event.
CREATE TABLE headquarters.heard (
    clinic_id uuid PRIMARY KEY,
    at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- A day of a clinic, by its own calendar.  Kept up to date by differences, so that reading never counts history.
CREATE TABLE headquarters.clinic_days (
    clinic_id uuid NOT NULL,
    day date NOT NULL,
    booked bigint NOT NULL DEFAULT 0,
    confirmed bigint NOT NULL DEFAULT 0,
    arrived bigint NOT NULL DEFAULT 0,
    completed bigint NOT NULL DEFAULT 0,
    missed bigint NOT NULL DEFAULT 0,
    cancelled bigint NOT NULL DEFAULT 0,
    booked_minutes bigint NOT NULL DEFAULT 0,
    unsafe_depths bigint NOT NULL DEFAULT 0,
    alarms bigint NOT NULL DEFAULT 0,
    adverse_events bigint NOT NULL DEFAULT 0,
    messages_sent bigint NOT NULL DEFAULT 0,
    messages_failed bigint NOT NULL DEFAULT 0,
    devices_seen bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (clinic_id, day)
) WITH (fillfactor = 70);

CREATE TABLE headquarters.appointments (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    version bigint NOT NULL,
    status text NOT NULL,
    day date NOT NULL, -- in the appointment's own zone
    minutes bigint NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    practitioner_id uuid NOT NULL,
    room_id uuid NOT NULL,
    device_id uuid
);
CREATE INDEX appointments_of_day ON headquarters.appointments (clinic_id, day);

CREATE TABLE headquarters.devices (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    status text NOT NULL,
    fit boolean NOT NULL,
    reasons text[] NOT NULL,
    changed_at timestamptz NOT NULL,
    sequence bigint NOT NULL
);
CREATE INDEX devices_of_clinic ON headquarters.devices (clinic_id);

-- On which days a device was on line at all.
CREATE TABLE headquarters.device_days (
    device_id uuid NOT NULL,
    day date NOT NULL,
    clinic_id uuid NOT NULL,
    PRIMARY KEY (device_id, day)
);
CREATE INDEX device_days_of_clinic ON headquarters.device_days (clinic_id, day);

-- `day` is null until we have heard of the clinic and so of its calendar.
CREATE TABLE headquarters.alarms (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    device_id uuid NOT NULL,
    session_id uuid,
    kind text NOT NULL,
    severity text NOT NULL,
    zone bigint,
    value bigint,
    limit_value bigint,
    raised_at timestamptz NOT NULL,
    cleared_at timestamptz,
    day date,
    sequence bigint NOT NULL
);
CREATE INDEX alarms_open ON headquarters.alarms (clinic_id) WHERE cleared_at IS NULL;
CREATE INDEX alarms_of_clinic ON headquarters.alarms (clinic_id, raised_at);

CREATE TABLE headquarters.adverse_events (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    severity text NOT NULL,
    reported_at timestamptz NOT NULL,
    reply_due_at timestamptz NOT NULL,
    day date,
    sequence bigint NOT NULL
);
CREATE INDEX adverse_events_of_clinic ON headquarters.adverse_events (clinic_id, reported_at);

CREATE TABLE headquarters.messages (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    kind text NOT NULL,
    arrived boolean NOT NULL,
    reason text,
    happened_at timestamptz NOT NULL,
    day date,
    sequence bigint NOT NULL
);
CREATE INDEX messages_of_clinic ON headquarters.messages (clinic_id, happened_at);

-- What a person should look at.  The id is made from kind and subject: a repeated event makes no second item.
CREATE TABLE headquarters.attention (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    kind text NOT NULL,
    subject uuid NOT NULL,
    severity bigint NOT NULL CHECK (severity BETWEEN 1 AND 3), -- 1 first
    since timestamptz NOT NULL,
    due_at timestamptz,
    facts jsonb NOT NULL,
    stays boolean NOT NULL, -- until a person has acknowledged it, even when its cause is gone
    gone_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    note text,
    sequence bigint NOT NULL
);
CREATE INDEX attention_to_do ON headquarters.attention (clinic_id, severity, since)
WHERE acknowledged_at IS NULL AND (stays OR gone_at IS NULL);

-- Who took care of what.  Nobody updates or deletes.
CREATE TABLE headquarters.attention_log (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attention_id uuid NOT NULL,
    clinic_id uuid NOT NULL,
    action text NOT NULL CHECK (action IN ('acknowledged')),
    done_by uuid NOT NULL,
    done_at timestamptz NOT NULL,
    note text
);

-- What changed, for browsers that look on; an hour of it.  Positions are given under a lock, in the order of commits.
CREATE TABLE headquarters.feed (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    clinic_id uuid NOT NULL,
    kind text NOT NULL,
    data jsonb,
    at timestamptz NOT NULL
);
CREATE INDEX feed_by_age ON headquarters.feed USING brin (at);

-- A ticket opens one live stream once.
CREATE TABLE headquarters.stream_tickets (
    sha256 bytea PRIMARY KEY,
    staff_id uuid NOT NULL,
    stream text NOT NULL,
    of_clinic uuid,
    expires_at timestamptz NOT NULL
);
CREATE INDEX stream_tickets_by_age ON headquarters.stream_tickets (expires_at);

ALTER TABLE headquarters.clinics ENABLE ROW LEVEL SECURITY;
ALTER TABLE headquarters.clinics FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON headquarters.clinics
USING (headquarters.in_scope(clinic_id)) WITH CHECK (headquarters.in_scope(clinic_id));

ALTER TABLE headquarters.heard ENABLE ROW LEVEL SECURITY;
ALTER TABLE headquarters.heard FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON headquarters.heard
USING (headquarters.in_scope(clinic_id)) WITH CHECK (headquarters.in_scope(clinic_id));

ALTER TABLE headquarters.clinic_days ENABLE ROW LEVEL SECURITY;
ALTER TABLE headquarters.clinic_days FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON headquarters.clinic_days
USING (headquarters.in_scope(clinic_id)) WITH CHECK (headquarters.in_scope(clinic_id));

ALTER TABLE headquarters.appointments ENABLE ROW LEVEL SECURITY;
ALTER TABLE headquarters.appointments FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON headquarters.appointments
USING (headquarters.in_scope(clinic_id)) WITH CHECK (headquarters.in_scope(clinic_id));

ALTER TABLE headquarters.devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE headquarters.devices FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON headquarters.devices
USING (headquarters.in_scope(clinic_id)) WITH CHECK (headquarters.in_scope(clinic_id));

ALTER TABLE headquarters.device_days ENABLE ROW LEVEL SECURITY;
ALTER TABLE headquarters.device_days FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON headquarters.device_days
USING (headquarters.in_scope(clinic_id)) WITH CHECK (headquarters.in_scope(clinic_id));

ALTER TABLE headquarters.alarms ENABLE ROW LEVEL SECURITY;
ALTER TABLE headquarters.alarms FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON headquarters.alarms
USING (headquarters.in_scope(clinic_id)) WITH CHECK (headquarters.in_scope(clinic_id));

ALTER TABLE headquarters.adverse_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE headquarters.adverse_events FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON headquarters.adverse_events
USING (headquarters.in_scope(clinic_id)) WITH CHECK (headquarters.in_scope(clinic_id));

ALTER TABLE headquarters.messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE headquarters.messages FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON headquarters.messages
USING (headquarters.in_scope(clinic_id)) WITH CHECK (headquarters.in_scope(clinic_id));

ALTER TABLE headquarters.attention ENABLE ROW LEVEL SECURITY;
ALTER TABLE headquarters.attention FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON headquarters.attention
USING (headquarters.in_scope(clinic_id)) WITH CHECK (headquarters.in_scope(clinic_id));

ALTER TABLE headquarters.attention_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE headquarters.attention_log FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON headquarters.attention_log
USING (headquarters.in_scope(clinic_id)) WITH CHECK (headquarters.in_scope(clinic_id));

ALTER TABLE headquarters.feed ENABLE ROW LEVEL SECURITY;
ALTER TABLE headquarters.feed FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON headquarters.feed
USING (headquarters.in_scope(clinic_id)) WITH CHECK (headquarters.in_scope(clinic_id));
