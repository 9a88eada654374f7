-- Who waits for a place, and what would suit.  Minutes of times count from local midnight; weekday 1 is Monday.
-- `appointment_id` is what the client has already and gives up for an earlier place.  `next_look_at` is when the timer
-- looks for a place by itself, `looked_until` how far ahead it looked the last time.
CREATE TABLE booking.waiting_entries (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL REFERENCES booking.clinics (id),
    client_id uuid NOT NULL,
    treatment_id uuid NOT NULL,
    practitioner_id uuid,
    weekdays bigint[] NOT NULL CHECK (cardinality(weekdays) BETWEEN 1 AND 7),
    earliest_minute bigint NOT NULL CHECK (earliest_minute BETWEEN 0 AND 1440),
    latest_minute bigint NOT NULL CHECK (latest_minute BETWEEN 0 AND 1440),
    from_day date NOT NULL,
    until_day date NOT NULL,
    notice_minutes bigint NOT NULL CHECK (notice_minutes >= 0),
    priority bigint NOT NULL CHECK (priority BETWEEN 0 AND 2),
    priority_reason text,
    appointment_id uuid REFERENCES booking.appointments (id),
    status text NOT NULL CHECK (status IN ('waiting', 'offered', 'booked', 'withdrawn', 'expired')),
    created_at timestamptz NOT NULL,
    created_by uuid,
    expires_at timestamptz NOT NULL,
    next_look_at timestamptz NOT NULL,
    looked_until timestamptz,
    version bigint NOT NULL,
    FOREIGN KEY (clinic_id, treatment_id) REFERENCES booking.treatments (clinic_id, id),
    FOREIGN KEY (clinic_id, practitioner_id) REFERENCES booking.practitioners (clinic_id, id),
    CONSTRAINT waits_until_after_from CHECK (from_day <= until_day),
    CONSTRAINT priority_has_a_reason CHECK (priority = 0 OR priority_reason IS NOT NULL)
);
CREATE UNIQUE INDEX waits_once_for_a_treatment ON booking.waiting_entries (client_id, treatment_id)
WHERE status IN ('waiting', 'offered');
CREATE INDEX waiting_in_line ON booking.waiting_entries (clinic_id, (-priority), created_at, id)
WHERE status = 'waiting';
CREATE INDEX waiting_to_look ON booking.waiting_entries (next_look_at) WHERE status = 'waiting';
CREATE INDEX waiting_to_expire ON booking.waiting_entries (expires_at) WHERE status = 'waiting';
CREATE INDEX waiting_by_clinic ON booking.waiting_entries (clinic_id, created_at, id);
ALTER TABLE booking.waiting_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.waiting_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.waiting_entries
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- An offer is a hold: `id` is the hold's, and of the appointment that it becomes, so one place has one offer.
-- Every change of an offer is made under the lock of its entry.
CREATE TABLE booking.place_offers (
    id uuid PRIMARY KEY REFERENCES booking.appointments (id),
    entry_id uuid NOT NULL REFERENCES booking.waiting_entries (id),
    clinic_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'accepted', 'declined', 'lapsed', 'withdrawn')),
    appointment_id uuid REFERENCES booking.appointments (id),
    offered_at timestamptz NOT NULL,
    settled_at timestamptz,
    settled_by uuid,
    CONSTRAINT accepted_is_an_appointment CHECK ((status = 'accepted') = (appointment_id IS NOT NULL)),
    CONSTRAINT offered_once UNIQUE (entry_id, starts_at)
);
CREATE UNIQUE INDEX one_open_offer ON booking.place_offers (entry_id) WHERE status = 'open';
CREATE INDEX offers_by_entry ON booking.place_offers (entry_id, offered_at, id);
ALTER TABLE booking.place_offers ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.place_offers FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.place_offers
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- When something became free that somebody may wait for; written where it is freed, worked off by the timer in the
-- order of the line.  The `after_` columns are the rank of the last who was looked at.
CREATE TABLE booking.freed_places (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    clinic_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    look_at timestamptz NOT NULL,
    after_priority bigint,
    after_created_at timestamptz,
    after_id uuid,
    CHECK (starts_at < ends_at)
);
CREATE INDEX freed_places_to_look ON booking.freed_places (look_at, id);
ALTER TABLE booking.freed_places ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.freed_places FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.freed_places
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));
