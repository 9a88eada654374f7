-- Devices, who they are at the broker, and what is remembered of clinics.
CREATE TABLE device_telemetry.clinics (
    clinic_id uuid PRIMARY KEY,
    name text NOT NULL,
    time_zone text NOT NULL,
    active boolean NOT NULL
);
ALTER TABLE device_telemetry.clinics ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.clinics FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.clinics
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- fit and reasons are kept as last announced, so that a change is noticed.
CREATE TABLE device_telemetry.devices (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL REFERENCES device_telemetry.clinics (clinic_id),
    name text NOT NULL,
    model text NOT NULL,
    serial text NOT NULL,
    status text NOT NULL,
    calibrated_on date,
    calibration_due_on date,
    tolerance_um bigint,
    fit boolean NOT NULL,
    reasons text[] NOT NULL,
    registered_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT devices_serial_once UNIQUE (model, serial),
    CONSTRAINT devices_status_known CHECK (
        status IN ('registered', 'idle', 'needling', 'offline', 'retired')
    ),
    CONSTRAINT devices_fit_without_reasons CHECK (fit = (cardinality(reasons) = 0))
);
CREATE INDEX devices_of_clinic ON device_telemetry.devices (clinic_id, id);
ALTER TABLE device_telemetry.devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.devices FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.devices
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- What a device last said of itself: written every half minute, so apart from what rarely changes.
CREATE TABLE device_telemetry.device_states (
    device_id uuid PRIMARY KEY REFERENCES device_telemetry.devices (id),
    clinic_id uuid NOT NULL,
    online boolean NOT NULL,
    last_seen_at timestamptz NOT NULL,
    said_at timestamptz,
    uptime_ms bigint,
    battery_permille bigint,
    firmware text,
    cartridge_lot text,
    cartridge_serial text
) WITH (fillfactor = 70);
ALTER TABLE device_telemetry.device_states ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.device_states FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.device_states
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- SHA-256 only: the secret is 256 random bits, and a storm of reconnections must be cheap.
CREATE TABLE device_telemetry.credentials (
    id uuid PRIMARY KEY,
    device_id uuid NOT NULL REFERENCES device_telemetry.devices (id),
    clinic_id uuid NOT NULL,
    secret_sha256 bytea NOT NULL,
    made_at timestamptz NOT NULL,
    valid_until timestamptz,
    CONSTRAINT credentials_hash_length CHECK (octet_length(secret_sha256) = 32)
);
CREATE INDEX credentials_of_device ON device_telemetry.credentials (device_id);
CREATE INDEX credentials_ended ON device_telemetry.credentials (valid_until)
WHERE valid_until IS NOT NULL;
ALTER TABLE device_telemetry.credentials ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.credentials FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.credentials
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- What the platform told devices; sent again until acknowledged or too late.
CREATE TABLE device_telemetry.commands (
    id uuid PRIMARY KEY,
    device_id uuid NOT NULL REFERENCES device_telemetry.devices (id),
    clinic_id uuid NOT NULL,
    session_id uuid,
    command text NOT NULL,
    body jsonb NOT NULL,
    made_at timestamptz NOT NULL,
    next_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    attempts bigint NOT NULL DEFAULT 0,
    done_at timestamptz,
    CONSTRAINT commands_known CHECK (command IN ('stop', 'set_limits', 'identify'))
);
CREATE INDEX commands_due ON device_telemetry.commands (next_at) WHERE done_at IS NULL;
CREATE INDEX commands_of_device ON device_telemetry.commands (device_id) WHERE done_at IS NULL;
ALTER TABLE device_telemetry.commands ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.commands FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.commands
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));
