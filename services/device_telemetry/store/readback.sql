-- heads --
-- Which batches there are and how shallow and deep each went: 30 bytes a batch, one value for the whole session.
-- Of its own device only: any device may write the id of any session into its batches.
SELECT
    coalesce(
        string_agg(
            timestamptz_send(b.t0) || int8send(b.boot_id) || int8send(b.seq)
            || int2send(b.n) || int2send(b.depth_min_um) || int2send(b.depth_max_um),
            ''::bytea
        ),
        ''::bytea
    ) AS heads
FROM (
    SELECT t0, boot_id, seq, n, depth_min_um, depth_max_um
    FROM device_telemetry.batches
    WHERE
        session_id = %(session_id)s::uuid AND device_id = %(device_id)s::uuid
        AND t0 >= %(first)s::timestamptz AND t0 <= %(last)s::timestamptz
    ORDER BY t0, boot_id, seq
) AS b;

-- columns --
-- All samples of a stretch, a column a value, as PostgreSQL sends arrays: no text is written or read.
-- Nobody draws the battery, and sending arrays is most of the work.
SELECT
    coalesce(string_agg(int2send(b.n), ''::bytea), ''::bytea) AS n,
    coalesce(string_agg(timestamptz_send(b.t0), ''::bytea), ''::bytea) AS t0,
    coalesce(string_agg(int8send(b.boot_id), ''::bytea), ''::bytea) AS boot_id,
    coalesce(string_agg(int8send(b.seq), ''::bytea), ''::bytea) AS seq,
    coalesce(string_agg(array_send(b.dt_ms), ''::bytea), ''::bytea) AS dt_ms,
    coalesce(string_agg(array_send(b.zone), ''::bytea), ''::bytea) AS zone,
    coalesce(string_agg(array_send(b.depth_um), ''::bytea), ''::bytea) AS depth_um,
    coalesce(string_agg(array_send(b.speed_rpm), ''::bytea), ''::bytea) AS speed_rpm,
    coalesce(string_agg(array_send(b.current_ma), ''::bytea), ''::bytea) AS current_ma,
    coalesce(string_agg(array_send(b.temperature_cc), ''::bytea), ''::bytea) AS temperature_cc
FROM (
    SELECT n, t0, boot_id, seq, dt_ms, zone, depth_um, speed_rpm, current_ma, temperature_cc
    FROM device_telemetry.batches
    WHERE
        session_id = %(session_id)s::uuid AND device_id = %(device_id)s::uuid
        AND t0 >= %(first)s::timestamptz AND t0 <= %(last)s::timestamptz
    ORDER BY t0, boot_id, seq
) AS b;

-- depths --
-- The same without the columns that no summary speaks of.
SELECT
    coalesce(string_agg(int2send(b.n), ''::bytea), ''::bytea) AS n,
    coalesce(string_agg(timestamptz_send(b.t0), ''::bytea), ''::bytea) AS t0,
    coalesce(string_agg(int8send(b.boot_id), ''::bytea), ''::bytea) AS boot_id,
    coalesce(string_agg(int8send(b.seq), ''::bytea), ''::bytea) AS seq,
    coalesce(string_agg(array_send(b.dt_ms), ''::bytea), ''::bytea) AS dt_ms,
    coalesce(string_agg(array_send(b.zone), ''::bytea), ''::bytea) AS zone,
    coalesce(string_agg(array_send(b.depth_um), ''::bytea), ''::bytea) AS depth_um,
    coalesce(string_agg(array_send(b.speed_rpm), ''::bytea), ''::bytea) AS speed_rpm
FROM (
    SELECT n, t0, boot_id, seq, dt_ms, zone, depth_um, speed_rpm
    FROM device_telemetry.batches
    WHERE
        session_id = %(session_id)s::uuid AND device_id = %(device_id)s::uuid
        AND t0 >= %(first)s::timestamptz AND t0 <= %(last)s::timestamptz
    ORDER BY t0, boot_id, seq
) AS b;

-- columns_of --
-- The same of some batches by name.
SELECT
    coalesce(string_agg(int2send(b.n), ''::bytea), ''::bytea) AS n,
    coalesce(string_agg(timestamptz_send(b.t0), ''::bytea), ''::bytea) AS t0,
    coalesce(string_agg(int8send(b.boot_id), ''::bytea), ''::bytea) AS boot_id,
    coalesce(string_agg(int8send(b.seq), ''::bytea), ''::bytea) AS seq,
    coalesce(string_agg(array_send(b.dt_ms), ''::bytea), ''::bytea) AS dt_ms,
    coalesce(string_agg(array_send(b.zone), ''::bytea), ''::bytea) AS zone,
    coalesce(string_agg(array_send(b.depth_um), ''::bytea), ''::bytea) AS depth_um,
    coalesce(string_agg(array_send(b.speed_rpm), ''::bytea), ''::bytea) AS speed_rpm,
    coalesce(string_agg(array_send(b.current_ma), ''::bytea), ''::bytea) AS current_ma,
    coalesce(string_agg(array_send(b.temperature_cc), ''::bytea), ''::bytea) AS temperature_cc,
    coalesce(string_agg(array_send(b.battery_permille), ''::bytea), ''::bytea) AS battery_permille
FROM (
    SELECT b.n, b.t0, b.boot_id, b.seq, b.dt_ms, b.zone, b.depth_um, b.speed_rpm, b.current_ma, b.temperature_cc, b.battery_permille
    FROM device_telemetry.batches AS b
    INNER JOIN
        unnest(%(boots)s::bigint[], %(seqs)s::bigint[], %(t0)s::timestamptz[]) AS wanted (boot_id, seq, t0)
        ON b.boot_id = wanted.boot_id AND b.seq = wanted.seq AND b.t0 = wanted.t0
    WHERE
        b.device_id = %(device_id)s::uuid
        AND b.t0 >= %(first)s::timestamptz AND b.t0 <= %(last)s::timestamptz
    ORDER BY b.t0, b.boot_id, b.seq
) AS b;

-- gaps --
-- Holes in the streams that carried a session.
SELECT count(*) AS gaps
FROM device_telemetry.gaps AS g
INNER JOIN device_telemetry.runs AS r ON g.device_id = r.device_id AND g.boot_id = r.boot_id
WHERE r.session_id = %(session_id)s::uuid AND r.device_id = %(device_id)s::uuid;

-- other_cartridges --
-- What the device said was in it while the session ran, besides the session's own.
SELECT DISTINCT b.cartridge_serial AS serial
FROM device_telemetry.batches AS b
WHERE
    b.session_id = %(session_id)s::uuid AND b.device_id = %(device_id)s::uuid
    AND b.t0 >= %(first)s::timestamptz AND b.t0 <= %(last)s::timestamptz
    AND b.cartridge_serial IS NOT NULL AND b.cartridge_serial IS DISTINCT FROM %(serial)s::text
ORDER BY serial
LIMIT 20;
