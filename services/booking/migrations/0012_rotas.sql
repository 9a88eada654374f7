-- When people work.  `hours` are [week of the rhythm, weekday, from, until], minutes after local midnight; a null date is
-- since ever, or without end.  A person has one rota at a time at a clinic.
CREATE TABLE booking.rotas (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    valid_from date,
    valid_until date,
    every_weeks bigint NOT NULL CHECK (every_weeks BETWEEN 1 AND 4),
    hours jsonb NOT NULL CHECK (jsonb_typeof(hours) = 'array'),
    version bigint NOT NULL,
    FOREIGN KEY (clinic_id, practitioner_id) REFERENCES booking.practitioners (clinic_id, id),
    CHECK (valid_from <= valid_until),
    CONSTRAINT a_rhythm_begins CHECK (every_weeks = 1 OR valid_from IS NOT NULL),
    CONSTRAINT rotas_never_overlap EXCLUDE USING gist (
        clinic_id WITH =, practitioner_id WITH =, daterange(valid_from, valid_until, '[]') WITH &&
    )
);
ALTER TABLE booking.rotas ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.rotas FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.rotas
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- The week that everybody worked so far is their first rota, without beginning or end.  booking.working_hours stays for
-- the processes of the release before; nothing reads it any more.
INSERT INTO booking.rotas (id, clinic_id, practitioner_id, every_weeks, hours, version)
SELECT
    gen_random_uuid() AS id,
    w.clinic_id,
    w.practitioner_id,
    1 AS every_weeks,
    jsonb_agg(jsonb_build_array(1, w.weekday, w.opens_minute, w.closes_minute) ORDER BY w.weekday, w.opens_minute)
        AS hours,
    1 AS version
FROM booking.working_hours AS w
GROUP BY w.clinic_id, w.practitioner_id;

-- One date of a person at a clinic, in place of the rota.  No reason is kept: it would say something of a person.
CREATE TABLE booking.practitioner_days (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    day date NOT NULL,
    hours jsonb NOT NULL CHECK (jsonb_typeof(hours) = 'array'),
    version bigint NOT NULL,
    FOREIGN KEY (clinic_id, practitioner_id) REFERENCES booking.practitioners (clinic_id, id),
    CONSTRAINT a_persons_date_is_one_exception UNIQUE (clinic_id, practitioner_id, day)
);
ALTER TABLE booking.practitioner_days ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.practitioner_days FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.practitioner_days
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- Dates on which a person works at no clinic; so this knows none.  The kind says nothing of anybody's health.
CREATE TABLE booking.absences (
    id uuid PRIMARY KEY,
    practitioner_id uuid NOT NULL REFERENCES booking.resources (id),
    first_day date NOT NULL,
    last_day date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('leave', 'training', 'other')),
    version bigint NOT NULL,
    CHECK (first_day <= last_day)
);
CREATE INDEX absences_by_practitioner ON booking.absences (practitioner_id, first_day);
