-- squawk-ignore-file prefer-bigint-over-smallint
-- The columns of a reading are int16 on the wire; four times the bytes would hold nothing more.
-- Readings: one row a device's batch, one column array a metric.  Widest columns first: no padding.
-- t0 stands in the key only because partitions ask for it; streams.covered keeps a batch's name unique.
CREATE TABLE device_telemetry.batches (
    device_id uuid NOT NULL,
    clinic_id uuid NOT NULL,
    session_id uuid,
    boot_id bigint NOT NULL,
    seq bigint NOT NULL,
    t0 timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    uptime_ms bigint NOT NULL,
    clock_offset_ms bigint NOT NULL,
    digest bigint NOT NULL,
    n smallint NOT NULL,
    depth_min_um smallint NOT NULL,
    depth_max_um smallint NOT NULL,
    speed_mean_rpm smallint NOT NULL,
    current_max_ma smallint NOT NULL,
    temperature_max_cc smallint NOT NULL,
    over_limit_n smallint NOT NULL,
    cartridge_serial text,
    dt_ms smallint[] NOT NULL,
    zone smallint[] NOT NULL,
    depth_um smallint[] NOT NULL,
    speed_rpm smallint[] NOT NULL,
    current_ma smallint[] NOT NULL,
    temperature_cc smallint[] NOT NULL,
    battery_permille smallint[] NOT NULL,
    PRIMARY KEY (device_id, boot_id, seq, t0)
) PARTITION BY RANGE (t0);
CREATE INDEX batches_of_session ON device_telemetry.batches (session_id, t0)
WHERE session_id IS NOT NULL;
CREATE INDEX batches_received ON device_telemetry.batches USING brin (received_at);
ALTER TABLE device_telemetry.batches ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.batches FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.batches
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- Which sample numbers of a boot have arrived: covered = {from, to, from, to, ...}, half open, ascending.
-- offset_ms is the least (received - end of batch) seen in the boot: delays only ever add to it.
CREATE TABLE device_telemetry.streams (
    device_id uuid NOT NULL REFERENCES device_telemetry.devices (id),
    boot_id bigint NOT NULL,
    clinic_id uuid NOT NULL,
    covered bigint[] NOT NULL,
    last_at timestamptz,
    last_received_at timestamptz,
    offset_ms bigint,
    PRIMARY KEY (device_id, boot_id)
) WITH (fillfactor = 50);
ALTER TABLE device_telemetry.streams ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.streams FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.streams
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- Holes that are open now: a row leaves when its samples arrive.
CREATE TABLE device_telemetry.gaps (
    device_id uuid NOT NULL,
    boot_id bigint NOT NULL,
    from_seq bigint NOT NULL,
    to_seq bigint NOT NULL,
    clinic_id uuid NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (device_id, boot_id, from_seq),
    FOREIGN KEY (device_id, boot_id) REFERENCES device_telemetry.streams (device_id, boot_id)
);
CREATE INDEX gaps_by_age ON device_telemetry.gaps (seen_at);
ALTER TABLE device_telemetry.gaps ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.gaps FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.gaps
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- A minute of a device, counted once from newly stored batches; depth_sum / samples is the mean.
CREATE TABLE device_telemetry.minutes (
    device_id uuid NOT NULL,
    minute timestamptz NOT NULL,
    clinic_id uuid NOT NULL,
    samples bigint NOT NULL,
    needling_samples bigint NOT NULL,
    over_limit_samples bigint NOT NULL,
    depth_sum bigint NOT NULL,
    speed_sum bigint NOT NULL,
    depth_min_um smallint NOT NULL,
    depth_max_um smallint NOT NULL,
    current_max_ma smallint NOT NULL,
    temperature_max_cc smallint NOT NULL,
    PRIMARY KEY (device_id, minute)
) WITH (fillfactor = 70);
ALTER TABLE device_telemetry.minutes ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.minutes FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.minutes
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

-- What was acknowledged and could not be stored as readings.  A repeat only counts.
-- clinic_id is null when not even the topic says whose it was: headquarters sees those.
CREATE TABLE device_telemetry.set_aside (
    id uuid PRIMARY KEY,
    topic text NOT NULL,
    clinic_id uuid,
    device_id uuid,
    reason text NOT NULL,
    detail text NOT NULL,
    body bytea NOT NULL,
    body_sha256 bytea NOT NULL,
    times bigint NOT NULL DEFAULT 1,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    CONSTRAINT set_aside_once UNIQUE (topic, reason, body_sha256)
);
CREATE INDEX set_aside_of_device ON device_telemetry.set_aside (device_id, id);
ALTER TABLE device_telemetry.set_aside ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.set_aside FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.set_aside
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));
