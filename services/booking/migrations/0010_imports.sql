-- Files of appointments or rotas that a clinic brings along.  Rows wait here until the timer has tried them.
CREATE TABLE booking.imports (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL REFERENCES booking.clinics (id),
    kind text NOT NULL CHECK (kind IN ('appointments', 'rotas')),
    dry_run boolean NOT NULL,
    status text NOT NULL CHECK (status IN ('running', 'done', 'cancelled')),
    rows_total bigint NOT NULL,
    rows_done bigint NOT NULL DEFAULT 0,
    rows_known bigint NOT NULL DEFAULT 0,
    rows_refused bigint NOT NULL DEFAULT 0,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    turn_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX imports_running ON booking.imports (turn_at) WHERE status = 'running';
CREATE INDEX imports_by_age ON booking.imports (created_at);
CREATE INDEX imports_by_clinic ON booking.imports (clinic_id, id);
ALTER TABLE booking.imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.imports FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.imports
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- `result_id` is chosen when the file comes, so that a row tried twice means the same appointment.
CREATE TABLE booking.import_rows (
    import_id uuid NOT NULL REFERENCES booking.imports (id) ON DELETE CASCADE,
    line bigint NOT NULL,
    clinic_id uuid NOT NULL,
    given jsonb NOT NULL,
    result_id uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('waiting', 'done', 'known', 'refused')),
    refusal text,
    refusal_type text,
    PRIMARY KEY (import_id, line)
);
CREATE INDEX import_rows_waiting ON booking.import_rows (import_id, line) WHERE status = 'waiting';
ALTER TABLE booking.import_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.import_rows FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.import_rows
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- What an appointment was called where it came from: the same file twice books nothing twice.  The appointment
-- follows its reference in the same transaction.
CREATE TABLE booking.external_references (
    clinic_id uuid NOT NULL,
    reference text NOT NULL,
    appointment_id uuid NOT NULL UNIQUE REFERENCES booking.appointments (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (clinic_id, reference)
);
ALTER TABLE booking.external_references ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.external_references FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.external_references
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));
