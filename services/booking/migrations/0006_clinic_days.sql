-- What a date is in place of its weekday's hours.  `hours` are pairs of minutes after local midnight, [[540, 780]]; none:
-- closed.  Whole dates, because the clock of a date with a change is told by the zone, not by this table.
CREATE TABLE booking.clinic_days (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL REFERENCES booking.clinics (id),
    day date NOT NULL,
    hours jsonb NOT NULL CHECK (jsonb_typeof(hours) = 'array'),
    reason text,
    version bigint NOT NULL,
    CONSTRAINT a_date_is_one_exception UNIQUE (clinic_id, day)
);
ALTER TABLE booking.clinic_days ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.clinic_days FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.clinic_days
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- Clinics that are here already go on opening on public holidays until they say otherwise.
ALTER TABLE booking.clinics ADD COLUMN closed_on_holidays boolean NOT NULL DEFAULT FALSE;
