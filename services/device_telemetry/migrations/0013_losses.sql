-- Samples that staff gave up: a device was lost or broken with them in it.  What arrives all the same is stored.
CREATE TABLE device_telemetry.losses (
    device_id uuid NOT NULL REFERENCES device_telemetry.devices (id),
    boot_id bigint NOT NULL,
    from_seq bigint NOT NULL,
    to_seq bigint NOT NULL,
    clinic_id uuid NOT NULL,
    accepted_by uuid NOT NULL,
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (device_id, boot_id, from_seq, to_seq)
);
ALTER TABLE device_telemetry.losses ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.losses FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.losses
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));
