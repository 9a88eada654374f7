-- batches --
-- Batches of a stretch as they are stored; COPY sends them.  Sending arrays is most of the work, so only the columns
-- that are asked for are sent, of the batches that are wanted if not of all; the others are null.
-- Of the session's own device only: any device may write the id of any session into its batches.
SELECT
    n, t0, boot_id, seq,
    CASE WHEN 'depth_min_um' = any(%(columns)s::text[]) THEN depth_min_um END AS depth_min_um,
    CASE WHEN 'depth_max_um' = any(%(columns)s::text[]) THEN depth_max_um END AS depth_max_um,
    CASE WHEN 'dt_ms' = any(%(columns)s::text[]) THEN dt_ms END AS dt_ms,
    CASE WHEN 'zone' = any(%(columns)s::text[]) THEN zone END AS zone,
    CASE WHEN 'depth_um' = any(%(columns)s::text[]) THEN depth_um END AS depth_um,
    CASE WHEN 'speed_rpm' = any(%(columns)s::text[]) THEN speed_rpm END AS speed_rpm,
    CASE WHEN 'current_ma' = any(%(columns)s::text[]) THEN current_ma END AS current_ma,
    CASE WHEN 'temperature_cc' = any(%(columns)s::text[]) THEN temperature_cc END AS temperature_cc,
    CASE WHEN 'battery_permille' = any(%(columns)s::text[]) THEN battery_permille END AS battery_permille
FROM device_telemetry.batches
WHERE
    session_id = %(session_id)s::uuid AND device_id = %(device_id)s::uuid
    AND t0 >= %(first)s::timestamptz AND t0 <= %(last)s::timestamptz
    AND (
        %(boots)s::bigint[] IS NULL
        OR (boot_id, seq) IN (
            SELECT wanted.boot_id, wanted.seq
            FROM unnest(%(boots)s::bigint[], %(seqs)s::bigint[]) AS wanted (boot_id, seq)
        )
    )
ORDER BY t0;

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
