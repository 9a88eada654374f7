-- What people do to devices: services, moves between clinics, firmware that may not be used any more.
-- version counts what people change, so that nobody overwrites what they have not seen; what a device says
-- of itself every half minute does not.
ALTER TABLE device_telemetry.devices
ADD COLUMN version bigint NOT NULL DEFAULT 1,
ADD COLUMN serviced_on date,
ADD COLUMN service_due_on date,
ADD COLUMN firmware text;

CREATE TABLE device_telemetry.device_services (
    id uuid PRIMARY KEY,
    device_id uuid NOT NULL REFERENCES device_telemetry.devices (id),
    clinic_id uuid NOT NULL,
    serviced_on date NOT NULL,
    due_on date NOT NULL,
    note text,
    noted_at timestamptz NOT NULL,
    noted_by uuid NOT NULL,
    CONSTRAINT device_services_due_after CHECK (due_on > serviced_on)
);
CREATE INDEX device_services_of_device ON device_telemetry.device_services (device_id, id);
ALTER TABLE device_telemetry.device_services ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.device_services FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.device_services
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- Which firmware a device has said it runs, and since when.
CREATE TABLE device_telemetry.device_firmware (
    device_id uuid NOT NULL REFERENCES device_telemetry.devices (id),
    version text NOT NULL,
    clinic_id uuid NOT NULL,
    first_seen_at timestamptz NOT NULL,
    PRIMARY KEY (device_id, version)
);
ALTER TABLE device_telemetry.device_firmware ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.device_firmware FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.device_firmware
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- Where a device was before it moved: what it recorded there belongs to that clinic, whenever it arrives.
CREATE TABLE device_telemetry.device_places (
    device_id uuid NOT NULL REFERENCES device_telemetry.devices (id),
    until timestamptz NOT NULL,
    clinic_id uuid NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (device_id, until)
);
ALTER TABLE device_telemetry.device_places ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.device_places FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.device_places
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- No clinic's, like the models: firmware that headquarters has withdrawn makes devices unfit everywhere.
CREATE TABLE device_telemetry.withdrawn_firmware (
    id uuid PRIMARY KEY,
    model text NOT NULL,
    version text NOT NULL,
    reason text NOT NULL,
    withdrawn_at timestamptz NOT NULL,
    withdrawn_by uuid NOT NULL,
    CONSTRAINT withdrawn_firmware_once UNIQUE (model, version)
);
