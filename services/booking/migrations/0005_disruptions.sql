-- Why an appointment cannot take place as it stands.  A cause that went away keeps its row: when it began and ended.
CREATE TABLE booking.disruptions (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    appointment_id uuid NOT NULL REFERENCES booking.appointments (id),
    clinic_id uuid NOT NULL,
    kind text NOT NULL CHECK (
        kind IN (
            'clinic_closed', 'outside_hours', 'practitioner_left', 'practitioner_away', 'credential_ends', 'room_closed',
            'device_gone', 'device_unfit', 'screening_refused', 'screening_deferred'
        )
    ),
    detail text NOT NULL,
    since timestamptz NOT NULL,
    resolved_at timestamptz
);
CREATE UNIQUE INDEX disruptions_open ON booking.disruptions (appointment_id, kind) WHERE resolved_at IS NULL;
CREATE INDEX disruptions_open_by_clinic ON booking.disruptions (clinic_id) WHERE resolved_at IS NULL;
ALTER TABLE booking.disruptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.disruptions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.disruptions
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- Appointments to look at again, because something changed: those of a person, room, device or client; of the whole
-- clinic without one.  `starts_at` and `appointment_id` are how far the timer came.  Each is looked at twice: whoever was
-- booking at the moment of the change may not have seen it.
CREATE TABLE booking.rechecks (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    clinic_id uuid NOT NULL,
    resource_id uuid,
    due_at timestamptz,
    second_look boolean NOT NULL DEFAULT FALSE,
    starts_at timestamptz,
    appointment_id uuid
);
CREATE INDEX rechecks_by_clinic ON booking.rechecks (clinic_id, resource_id);
ALTER TABLE booking.rechecks ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.rechecks FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.rechecks
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));
