-- Devices that may not connect for a while: they flooded us, or somebody wants them quiet.
CREATE TABLE device_telemetry.suspensions (
    device_id uuid PRIMARY KEY REFERENCES device_telemetry.devices (id),
    clinic_id uuid NOT NULL,
    until timestamptz NOT NULL,
    reason text NOT NULL,
    made_at timestamptz NOT NULL
);
ALTER TABLE device_telemetry.suspensions ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.suspensions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.suspensions
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));
