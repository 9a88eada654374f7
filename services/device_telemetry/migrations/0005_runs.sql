-- squawk-ignore-file prefer-bigint-over-smallint
-- squawk-ignore-file require-concurrent-index-creation
-- What a session's batches are, without looking at them: which boots carried it and between which times.  Every query
-- about a session reads this first, so that it looks into the days that it needs and no others.
-- unknown_at: when readings last came for a session that nobody has announced for this device; null once it is.
CREATE TABLE device_telemetry.runs (
    session_id uuid NOT NULL,
    device_id uuid NOT NULL,
    boot_id bigint NOT NULL,
    clinic_id uuid NOT NULL,
    first_t0 timestamptz NOT NULL,
    last_t0 timestamptz NOT NULL,
    batches bigint NOT NULL,
    samples bigint NOT NULL,
    needling_at timestamptz,
    depth_max_um smallint NOT NULL,
    first_received_at timestamptz NOT NULL,
    last_received_at timestamptz NOT NULL,
    unknown_at timestamptz,
    PRIMARY KEY (session_id, device_id, boot_id)
) WITH (fillfactor = 70);
CREATE INDEX runs_unknown ON device_telemetry.runs (unknown_at) WHERE unknown_at IS NOT NULL;
ALTER TABLE device_telemetry.runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.runs FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.runs
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

INSERT INTO device_telemetry.runs
(
    session_id, device_id, boot_id, clinic_id, first_t0, last_t0, batches, samples, needling_at, depth_max_um,
    first_received_at, last_received_at
)
SELECT
    session_id, device_id, boot_id, min(clinic_id::text)::uuid AS clinic_id, min(t0) AS first_t0, max(t0) AS last_t0,
    count(*) AS batches, sum(n) AS samples, max(t0) FILTER (WHERE speed_mean_rpm > 0 AND depth_max_um > 0) AS needling_at,
    max(depth_max_um) AS depth_max_um, min(received_at) AS first_received_at, max(received_at) AS last_received_at
FROM device_telemetry.batches
WHERE session_id IS NOT NULL
GROUP BY session_id, device_id, boot_id;

-- The last sample by number, its columns in the order of the wire, for who watches a device now.
ALTER TABLE device_telemetry.streams
ADD COLUMN latest smallint[],
ADD COLUMN latest_at timestamptz,
ADD COLUMN latest_session_id uuid;

-- Rows over 2 kB are compressed: lz4 takes a third of pglz's time for it.
ALTER TABLE device_telemetry.batches
ALTER COLUMN dt_ms SET COMPRESSION lz4,
ALTER COLUMN zone SET COMPRESSION lz4,
ALTER COLUMN depth_um SET COMPRESSION lz4,
ALTER COLUMN speed_rpm SET COMPRESSION lz4,
ALTER COLUMN current_ma SET COMPRESSION lz4,
ALTER COLUMN temperature_cc SET COMPRESSION lz4,
ALTER COLUMN battery_permille SET COMPRESSION lz4;

-- A day is made beside the table and attached: readers and writers go on meanwhile.  Dropping one holds them up, so
-- it waits a moment at most for its turn; whoever asked asks again.
CREATE OR REPLACE FUNCTION device_telemetry.make_days(first date, last date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = device_telemetry, pg_temp SET lock_timeout = '300ms' AS $$
DECLARE
    day date := first;
    part text;
    since text;
    until text;
    made integer := 0;
BEGIN
    -- of two that make the same days one waits and finds them made
    PERFORM pg_advisory_xact_lock(hashtext('device_telemetry.make_days'));
    WHILE day <= last LOOP
        part := 'batches_' || to_char(day, 'YYYYMMDD');
        IF to_regclass('device_telemetry.' || part) IS NULL THEN
            since := day::text || ' 00:00:00+00';
            until := (day + 1)::text || ' 00:00:00+00';
            EXECUTE format(
                'CREATE TABLE device_telemetry.%I (LIKE device_telemetry.batches INCLUDING ALL, '
                'CONSTRAINT its_day CHECK (t0 >= %L AND t0 < %L)) WITH (autovacuum_vacuum_insert_scale_factor = 0.5)',
                part, since, until
            );
            EXECUTE format('ALTER TABLE device_telemetry.%I ENABLE ROW LEVEL SECURITY', part);
            EXECUTE format('ALTER TABLE device_telemetry.%I FORCE ROW LEVEL SECURITY', part);
            EXECUTE format(
                'CREATE POLICY own_clinics ON device_telemetry.%I '
                'USING (device_telemetry.in_scope(clinic_id)) '
                'WITH CHECK (device_telemetry.in_scope(clinic_id))',
                part
            );
            EXECUTE format(
                'ALTER TABLE device_telemetry.batches ATTACH PARTITION device_telemetry.%I FOR VALUES FROM (%L) TO (%L)',
                part, since, until
            );
            EXECUTE format('ALTER TABLE device_telemetry.%I DROP CONSTRAINT its_day', part);
            made := made + 1;
        END IF;
        day := day + 1;
    END LOOP;
    RETURN made;
END
$$;
ALTER FUNCTION device_telemetry.drop_days(date) SET lock_timeout = '300ms';
