-- begin --
-- Each boot of a device is a stream of its own.  Ordered, so that two writers lock alike.
INSERT INTO device_telemetry.streams (device_id, boot_id, clinic_id, covered)
SELECT wanted.device_id, wanted.boot_id, wanted.clinic_id, '{}' AS covered
FROM unnest(%(devices)s::uuid[], %(boots)s::bigint[], %(clinics)s::uuid[]) AS wanted (device_id, boot_id, clinic_id)
ORDER BY wanted.device_id, wanted.boot_id
ON CONFLICT DO NOTHING
RETURNING device_id, boot_id, clinic_id, settled, covered, last_at, offset_ms;

-- lock --
-- Whoever adds to a stream holds its row: what is new is decided once.
SELECT s.device_id, s.boot_id, s.clinic_id, s.settled, s.covered, s.last_at, s.offset_ms
FROM device_telemetry.streams AS s
INNER JOIN unnest(%(devices)s::uuid[], %(boots)s::bigint[]) AS wanted (device_id, boot_id)
    ON s.device_id = wanted.device_id AND s.boot_id = wanted.boot_id
ORDER BY s.device_id, s.boot_id
FOR UPDATE OF s;

-- count --
-- Asked when a boot begins: a device may not invent them without end.
SELECT s.device_id, count(*) AS boots
FROM device_telemetry.streams AS s
WHERE s.device_id = any(%(devices)s::uuid[])
GROUP BY s.device_id;

-- hold --
-- A session begins or ends between readings, not amid them.
SELECT s.boot_id
FROM device_telemetry.streams AS s
WHERE s.device_id = %(device_id)s::uuid
ORDER BY s.boot_id
FOR UPDATE OF s;

-- boots --
-- Which streams there are by now.
SELECT s.boot_id
FROM device_telemetry.streams AS s
WHERE s.device_id = %(device_id)s::uuid;

-- advance --
-- One statement for all streams of a transaction; ranges come as text, one array a stream.  What is settled is null
-- where it stays as it is, and is then not written again, however long.
UPDATE device_telemetry.streams AS s
SET
    settled = coalesce(moved.settled::bigint[], s.settled),
    covered = moved.covered::bigint[],
    last_at = greatest(s.last_at, moved.last_at),
    last_received_at = %(now)s::timestamptz,
    offset_ms = least(s.offset_ms, moved.offset_ms),
    latest = coalesce(moved.latest::smallint[], s.latest),
    latest_at = coalesce(moved.latest_at, s.latest_at),
    latest_session_id = CASE WHEN moved.latest IS NULL THEN s.latest_session_id ELSE moved.latest_session_id END
FROM
    unnest(
        %(devices)s::uuid[], %(boots)s::bigint[], %(settled)s::text[], %(covered)s::text[], %(last_at)s::timestamptz[],
        %(offset_ms)s::bigint[], %(latest)s::text[], %(latest_at)s::timestamptz[], %(latest_session_id)s::uuid[]
    )
        AS moved (device_id, boot_id, settled, covered, last_at, offset_ms, latest, latest_at, latest_session_id)
WHERE s.device_id = moved.device_id AND s.boot_id = moved.boot_id;

-- close_gaps --
-- Holes that are filled, or that fell into parts: what is left of them is opened next, as old as they were.
DELETE FROM device_telemetry.gaps
WHERE
    device_id = %(device_id)s::uuid AND boot_id = %(boot_id)s::bigint
    AND from_seq = any(%(from_seq)s::bigint[])
RETURNING from_seq, to_seq, seen_at;

-- open_gaps --
-- Holes that were not there, each since it was first seen.
INSERT INTO device_telemetry.gaps (device_id, boot_id, from_seq, to_seq, clinic_id, seen_at)
SELECT %(device_id)s::uuid, %(boot_id)s::bigint, hole.from_seq, hole.to_seq, %(clinic_id)s::uuid, hole.seen_at
FROM unnest(%(from_seq)s::bigint[], %(to_seq)s::bigint[], %(seen_at)s::timestamptz[]) AS hole (from_seq, to_seq, seen_at);

-- holes --
-- How many each device has, counted no further than to the most.  Asked when one opens.
SELECT
    asked.device_id,
    (
        SELECT count(*) FROM (
            SELECT 1 FROM device_telemetry.gaps AS g
            WHERE g.device_id = asked.device_id
            ORDER BY g.boot_id, g.from_seq
            LIMIT %(most)s::int
        ) AS counted
    ) AS holes
FROM unnest(%(devices)s::uuid[]) AS asked (device_id);

-- gaps_of_device --
-- Every hole of a device, for staff.
SELECT g.boot_id, g.from_seq, g.to_seq, g.seen_at, loss.accepted_at, loss.accepted_by
FROM device_telemetry.gaps AS g
LEFT JOIN LATERAL (
    SELECT l.accepted_at, l.accepted_by FROM device_telemetry.losses AS l
    WHERE
        l.device_id = g.device_id AND l.boot_id = g.boot_id
        AND l.from_seq <= g.from_seq AND l.to_seq >= g.to_seq
    ORDER BY l.accepted_at
    LIMIT 1
) AS loss ON TRUE
WHERE
    g.device_id = %(device_id)s::uuid
    AND (
        %(boot_id)s::bigint IS NULL
        OR (g.boot_id, g.from_seq) > (%(boot_id)s::bigint, %(from_seq)s::bigint)
    )
ORDER BY g.boot_id, g.from_seq
LIMIT %(limit)s;

-- open_too_long --
-- Devices with a hole that should have been filled by now, that nobody gave up, and no alarm for it yet.
SELECT
    g.device_id, g.clinic_id, min(g.seen_at) AS seen_at,
    -- what devices say they have counted may be as large as a number can be, in each of their boots
    least(sum(g.to_seq - g.from_seq), 9223372036854775807)::bigint AS missing
FROM device_telemetry.gaps AS g
WHERE
    g.seen_at < %(before)s::timestamptz
    AND NOT EXISTS (
        SELECT 1 FROM device_telemetry.losses AS l
        WHERE
            l.device_id = g.device_id AND l.boot_id = g.boot_id
            AND l.from_seq <= g.from_seq AND l.to_seq >= g.to_seq
    )
    AND NOT EXISTS (
        SELECT 1 FROM device_telemetry.alarms AS a
        WHERE a.device_id = g.device_id AND a.kind = 'gap_open' AND a.cleared_at IS NULL
    )
GROUP BY g.device_id, g.clinic_id
ORDER BY g.device_id
LIMIT 200;

-- filled --
-- Devices with an alarm for holes that are no longer there, or given up.
SELECT a.device_id
FROM device_telemetry.alarms AS a
WHERE
    a.kind = 'gap_open' AND a.cleared_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM device_telemetry.gaps AS g
        WHERE
            g.device_id = a.device_id AND g.seen_at < %(before)s::timestamptz
            AND NOT EXISTS (
                SELECT 1 FROM device_telemetry.losses AS l
                WHERE
                    l.device_id = g.device_id AND l.boot_id = g.boot_id
                    AND l.from_seq <= g.from_seq AND l.to_seq >= g.to_seq
            )
    )
ORDER BY a.device_id
LIMIT 200;

-- forget --
-- Whatever could still come of such a boot is too old to be taken.  A hole stays until somebody has looked at it.
-- A bounded step, and of none that is being written: whoever calls comes again.
DELETE FROM device_telemetry.streams AS s
USING (
    SELECT old.device_id, old.boot_id
    FROM device_telemetry.streams AS old
    WHERE
        old.last_received_at < %(before)s::timestamptz
        AND NOT EXISTS (
            SELECT FROM device_telemetry.gaps AS g
            WHERE g.device_id = old.device_id AND g.boot_id = old.boot_id
        )
    ORDER BY old.device_id, old.boot_id
    LIMIT %(most)s::int
    FOR UPDATE OF old SKIP LOCKED
) AS gone
WHERE s.device_id = gone.device_id AND s.boot_id = gone.boot_id;
