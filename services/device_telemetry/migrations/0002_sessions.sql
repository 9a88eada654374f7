-- Sessions as client records announced them: how deep a device may go, and with which cartridge.
CREATE TABLE device_telemetry.sessions (
    session_id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    device_id uuid NOT NULL,
    cartridge_lot text,
    cartridge_serial text,
    cartridge_expires_on date,
    state text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    summary_due_at timestamptz,
    CONSTRAINT sessions_state_known CHECK (state IN ('open', 'completed', 'stopped'))
);
CREATE INDEX sessions_open ON device_telemetry.sessions (device_id) WHERE state = 'open';
CREATE INDEX sessions_to_summarise ON device_telemetry.sessions (summary_due_at)
WHERE summary_due_at IS NOT NULL;
ALTER TABLE device_telemetry.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.sessions
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

CREATE TABLE device_telemetry.session_limits (
    session_id uuid NOT NULL REFERENCES device_telemetry.sessions (session_id),
    clinic_id uuid NOT NULL,
    zone bigint NOT NULL,
    depth_um bigint NOT NULL,
    limit_um bigint NOT NULL,
    passes bigint NOT NULL,
    PRIMARY KEY (session_id, zone)
);
ALTER TABLE device_telemetry.session_limits ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.session_limits FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.session_limits
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- What was delivered in each zone; written anew when late readings arrive.
CREATE TABLE device_telemetry.run_summaries (
    session_id uuid PRIMARY KEY REFERENCES device_telemetry.sessions (session_id),
    clinic_id uuid NOT NULL,
    summary jsonb NOT NULL,
    made_at timestamptz NOT NULL
);
ALTER TABLE device_telemetry.run_summaries ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.run_summaries FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.run_summaries
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- One row a cartridge and session: a second session on the same cartridge is a reuse.
CREATE TABLE device_telemetry.cartridge_uses (
    lot text NOT NULL,
    serial text NOT NULL,
    session_id uuid NOT NULL,
    clinic_id uuid NOT NULL,
    device_id uuid NOT NULL,
    used_at timestamptz NOT NULL,
    PRIMARY KEY (lot, serial, session_id)
);
ALTER TABLE device_telemetry.cartridge_uses ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.cartridge_uses FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.cartridge_uses
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- One open alarm a device and kind; `limit_value` and `worst` in the unit of the kind.
CREATE TABLE device_telemetry.alarms (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    device_id uuid NOT NULL REFERENCES device_telemetry.devices (id),
    session_id uuid,
    kind text NOT NULL,
    severity text NOT NULL,
    zone bigint,
    worst bigint,
    limit_value bigint,
    raised_at timestamptz NOT NULL,
    last_over_at timestamptz NOT NULL,
    cleared_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    CONSTRAINT alarms_severity_known CHECK (severity IN ('hard', 'soft'))
);
CREATE UNIQUE INDEX alarms_one_open ON device_telemetry.alarms (device_id, kind)
WHERE cleared_at IS NULL;
CREATE INDEX alarms_of_clinic ON device_telemetry.alarms (clinic_id, id);
ALTER TABLE device_telemetry.alarms ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.alarms FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.alarms
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- Events that devices sent; the key makes a repeat change nothing.
CREATE TABLE device_telemetry.device_events (
    device_id uuid NOT NULL REFERENCES device_telemetry.devices (id),
    boot_id bigint NOT NULL,
    seq bigint NOT NULL,
    clinic_id uuid NOT NULL,
    event text NOT NULL,
    said_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    facts jsonb NOT NULL,
    PRIMARY KEY (device_id, boot_id, seq)
);
ALTER TABLE device_telemetry.device_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.device_events FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.device_events
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));
