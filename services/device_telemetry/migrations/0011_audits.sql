-- What each device's day held, counted twice: in its batches, and in its minutes.  They must be equal.
CREATE TABLE device_telemetry.audits (
    day date NOT NULL,
    device_id uuid NOT NULL,
    clinic_id uuid NOT NULL,
    stored bigint NOT NULL,
    counted bigint NOT NULL,
    audited_at timestamptz NOT NULL,
    PRIMARY KEY (day, device_id)
);
ALTER TABLE device_telemetry.audits ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.audits FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.audits
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));
