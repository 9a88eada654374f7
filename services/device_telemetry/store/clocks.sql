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
