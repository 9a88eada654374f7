-- Several sessions of one treatment, booked together.  Minutes count from local midnight; no weekday means every one.
-- squawk-ignore-file require-concurrent-index-creation
-- (no appointment is part of a course yet: the partial index is built over nothing)
CREATE TABLE booking.courses (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL REFERENCES booking.clinics (id),
    client_id uuid NOT NULL,
    treatment_id uuid NOT NULL,
    practitioner_id uuid,
    same_practitioner boolean NOT NULL,
    sessions bigint NOT NULL CHECK (sessions BETWEEN 1 AND 12),
    interval_days bigint NOT NULL CHECK (interval_days BETWEEN 1 AND 730),
    most_interval_days bigint NOT NULL,
    weekdays bigint[] NOT NULL,
    earliest_minute bigint NOT NULL CHECK (earliest_minute BETWEEN 0 AND 1440),
    latest_minute bigint NOT NULL CHECK (latest_minute BETWEEN 0 AND 1440),
    status text NOT NULL CHECK (status IN ('active', 'paused', 'cancelled')),
    version bigint NOT NULL,
    UNIQUE (clinic_id, id),
    FOREIGN KEY (clinic_id, treatment_id) REFERENCES booking.treatments (clinic_id, id),
    CHECK (interval_days <= most_interval_days),
    CHECK (earliest_minute <= latest_minute)
);
CREATE INDEX courses_by_client ON booking.courses (client_id, id);
ALTER TABLE booking.courses ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.courses FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.courses
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- Who booked, paused, resumed or cancelled a course, when and why.  Nothing here is ever rewritten.
CREATE TABLE booking.course_changes (
    course_id uuid NOT NULL REFERENCES booking.courses (id),
    version bigint NOT NULL,
    clinic_id uuid NOT NULL,
    happened text NOT NULL,
    changed_by uuid,
    changed_at timestamptz NOT NULL,
    reason text,
    PRIMARY KEY (course_id, version)
);
ALTER TABLE booking.course_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.course_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.course_changes
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- Which session of which course an appointment is; the number never changes, however sessions move.
ALTER TABLE booking.appointments ADD COLUMN course_id uuid;
ALTER TABLE booking.appointments ADD COLUMN course_number bigint;
ALTER TABLE booking.appointments ADD CONSTRAINT appointments_belong_to_a_course
FOREIGN KEY (clinic_id, course_id) REFERENCES booking.courses (clinic_id, id) NOT VALID;
ALTER TABLE booking.appointments ADD CONSTRAINT courses_number_their_sessions
CHECK ((course_id IS NULL) = (course_number IS NULL)) NOT VALID;
CREATE UNIQUE INDEX appointments_by_course ON booking.appointments (course_id, course_number)
WHERE course_id IS NOT NULL;
