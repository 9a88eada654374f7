-- hear --
-- Three are enough to tell a clock that is behind from a word that waited on its way.
UPDATE device_telemetry.device_states
SET
    clock_offsets_ms = CASE
        WHEN %(anew)s::boolean THEN ARRAY[%(offset_ms)s::bigint]
        ELSE (ARRAY[%(offset_ms)s::bigint] || coalesce(clock_offsets_ms, '{}'))[1:3]
    END
WHERE device_id = %(device_id)s::uuid
RETURNING clock_offsets_ms AS offsets_ms;

-- connection --
-- The number under which a device was heard last: a later one is a word of now.
SELECT connection FROM device_telemetry.device_states
WHERE device_id = %(device_id)s::uuid;

-- started --
-- Both are said by one status: readings of the same start differ from them by as much.
SELECT said_at, uptime_ms FROM device_telemetry.device_states
WHERE device_id = %(device_id)s::uuid AND said_at IS NOT NULL AND uptime_ms IS NOT NULL;

-- offsets --
-- Asked when something seems to have happened long ago: perhaps only the clock says so.
SELECT clock_offsets_ms AS offsets_ms FROM device_telemetry.device_states
WHERE device_id = %(device_id)s::uuid;

-- by_readings --
-- Clocks that were wild, and what readings of the last while show of them: when the first and the last came, and how far
-- they were from our clock.  Readings that waited long are left out by their time, and so are those of a clock far off.
SELECT
    a.device_id,
    taken.first_at,
    taken.last_at,
    taken.least_ms,
    taken.most_ms
FROM device_telemetry.alarms AS a
INNER JOIN device_telemetry.streams AS s
    ON a.device_id = s.device_id AND s.last_received_at > %(since)s::timestamptz
INNER JOIN LATERAL (
    SELECT
        min(b.received_at) AS first_at,
        max(b.received_at) AS last_at,
        min(b.clock_offset_ms) AS least_ms,
        max(b.clock_offset_ms) AS most_ms
    FROM device_telemetry.batches AS b
    WHERE
        b.device_id = s.device_id AND b.boot_id = s.boot_id
        AND b.t0 > %(since)s::timestamptz - interval '2 minutes'
        AND b.t0 < %(now)s::timestamptz + interval '5 minutes'
        AND b.received_at > %(since)s::timestamptz
) AS taken ON taken.first_at IS NOT NULL
WHERE a.kind = 'clock_wild' AND a.cleared_at IS NULL AND a.last_over_at < %(since)s::timestamptz
ORDER BY a.device_id, s.boot_id;
