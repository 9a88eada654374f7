-- digests --
-- What is stored under names that arrived again: the same facts, or others.
SELECT b.device_id, b.boot_id, b.seq, b.digest
FROM device_telemetry.batches AS b
INNER JOIN
    unnest(%(devices)s::uuid[], %(boots)s::bigint[], %(seqs)s::bigint[], %(t0)s::timestamptz[])
        AS again (device_id, boot_id, seq, t0)
    ON b.device_id = again.device_id AND b.boot_id = again.boot_id AND b.seq = again.seq AND b.t0 = again.t0
WHERE b.t0 >= %(first_t0)s::timestamptz AND b.t0 <= %(last_t0)s::timestamptz;

-- span --
-- Where a session's batches lie, so that only those days are looked into.
SELECT min(r.first_t0) AS first_t0, max(r.last_t0) AS last_t0
FROM device_telemetry.runs AS r
INNER JOIN device_telemetry.sessions AS s ON r.session_id = s.session_id AND r.device_id = s.device_id
WHERE r.session_id = %(session_id)s::uuid;

-- early --
-- A session's batches that count nothing over a limit: it may not have been known when they came.
SELECT
    b.boot_id, b.seq, b.t0, b.n, b.dt_ms, b.zone, b.depth_um, b.speed_rpm, b.current_ma, b.temperature_cc, st.offset_ms
FROM device_telemetry.batches AS b
INNER JOIN device_telemetry.streams AS st ON b.device_id = st.device_id AND b.boot_id = st.boot_id
WHERE
    b.session_id = %(session_id)s::uuid
    AND b.device_id = (
        SELECT s.device_id FROM device_telemetry.sessions AS s
        WHERE s.session_id = %(session_id)s::uuid
    )
    AND b.t0 >= %(first_t0)s::timestamptz AND b.t0 <= %(last_t0)s::timestamptz
    AND b.over_limit_n = 0
ORDER BY b.t0, b.boot_id, b.seq;

-- note_over_limit --
-- The limits came after the readings.
UPDATE device_telemetry.batches AS b
SET over_limit_n = late.over_limit_n
FROM
    unnest(%(boots)s::bigint[], %(seqs)s::bigint[], %(t0)s::timestamptz[], %(over_limit_n)s::smallint[])
        AS late (boot_id, seq, t0, over_limit_n)
WHERE
    b.device_id = %(device_id)s::uuid
    AND b.t0 >= %(first_t0)s::timestamptz AND b.t0 <= %(last_t0)s::timestamptz
    AND b.boot_id = late.boot_id AND b.seq = late.seq AND b.t0 = late.t0;

-- make_days --
-- Runs as the schema's owner: see migrations/0004_partitions.sql.
SELECT device_telemetry.make_days(%(first)s::date, %(last)s::date) AS made;

-- drop_days --
-- The disk space of a day comes back at once.
SELECT device_telemetry.drop_days(%(before)s::date) AS dropped;

-- days_ahead --
-- How many days from the first on there are without a break: readings of a day that is missing cannot be stored.
SELECT count(*) AS days
FROM (
    SELECT to_date(right(c.relname, 8), 'YYYYMMDD') - row_number() OVER (ORDER BY c.relname)::integer AS run
    FROM pg_inherits AS i
    INNER JOIN pg_class AS c ON i.inhrelid = c.oid
    WHERE
        i.inhparent = 'device_telemetry.batches'::regclass
        AND c.relname >= 'batches_' || to_char(%(first)s::date, 'YYYYMMDD')
) AS made
WHERE made.run = %(first)s::date - 1;
