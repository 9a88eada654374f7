-- add --
-- Only what was newly stored is added, in the same transaction: a repeat counts nothing.
INSERT INTO device_telemetry.minutes AS known
(
    device_id, minute, clinic_id, samples, needling_samples, over_limit_samples, depth_sum, speed_sum,
    depth_min_um, depth_max_um, current_max_ma, temperature_max_cc
)
SELECT
    part.device_id, to_timestamp(part.minute * 60) AS minute, part.clinic_id, part.samples, part.needling, part.over_limit,
    part.depth_sum, part.speed_sum, part.depth_min, part.depth_max, part.current_max, part.temperature_max
FROM
    unnest(
        %(device_id)s::uuid[], %(clinic_id)s::uuid[], %(minute)s::bigint[], %(samples)s::bigint[],
        %(needling_samples)s::bigint[], %(over_limit_samples)s::bigint[], %(depth_sum)s::bigint[],
        %(speed_sum)s::bigint[], %(depth_min_um)s::smallint[], %(depth_max_um)s::smallint[],
        %(current_max_ma)s::smallint[], %(temperature_max_cc)s::smallint[]
    )
        AS part (
            device_id, clinic_id, minute, samples, needling, over_limit, depth_sum, speed_sum, depth_min, depth_max,
            current_max, temperature_max
        )
ON CONFLICT (device_id, minute) DO UPDATE
    SET
        samples = known.samples + excluded.samples,
        needling_samples = known.needling_samples + excluded.needling_samples,
        over_limit_samples = known.over_limit_samples + excluded.over_limit_samples,
        depth_sum = known.depth_sum + excluded.depth_sum,
        speed_sum = known.speed_sum + excluded.speed_sum,
        depth_min_um = least(known.depth_min_um, excluded.depth_min_um),
        depth_max_um = greatest(known.depth_max_um, excluded.depth_max_um),
        current_max_ma = greatest(known.current_max_ma, excluded.current_max_ma),
        temperature_max_cc = greatest(known.temperature_max_cc, excluded.temperature_max_cc);

-- add_over_limit --
-- The limits came after the readings: these samples were counted, and not known to be too deep.
UPDATE device_telemetry.minutes AS known
SET over_limit_samples = known.over_limit_samples + part.over_limit
FROM
    unnest(%(minute)s::bigint[], %(over_limit_samples)s::bigint[]) AS part (minute, over_limit)
WHERE known.device_id = %(device_id)s::uuid AND known.minute = to_timestamp(part.minute * 60);

-- forget --
-- Device by device, for the key begins with the device: nothing else is read.
DELETE FROM device_telemetry.minutes AS known
USING (
    SELECT d.id AS device_id, old.minute
    FROM device_telemetry.devices AS d
    CROSS JOIN
        LATERAL (
            SELECT m.minute FROM device_telemetry.minutes AS m
            WHERE m.device_id = d.id AND m.minute < %(before)s::timestamptz
            ORDER BY m.minute
            LIMIT 1000
        ) AS old
    ORDER BY d.id, old.minute
    LIMIT %(most)s
) AS gone
WHERE known.device_id = gone.device_id AND known.minute = gone.minute;

-- add_needled --
-- Most batches needle in a minute that is known: then nothing is written.
INSERT INTO device_telemetry.needled_hours AS known (device_id, hour, clinic_id, minutes)
SELECT part.device_id, to_timestamp(part.hour * 3600) AS hour, part.clinic_id, part.minutes
FROM
    unnest(%(device_id)s::uuid[], %(hour)s::bigint[], %(clinic_id)s::uuid[], %(minutes)s::bigint[])
        AS part (device_id, hour, clinic_id, minutes)
ON CONFLICT (device_id, hour, clinic_id) DO UPDATE
    SET minutes = known.minutes | excluded.minutes
    WHERE known.minutes | excluded.minutes <> known.minutes;

-- forget_needled --
-- Only today's are ever counted.  Those that somebody writes just now go the next time.
DELETE FROM device_telemetry.needled_hours AS known
USING (
    SELECT h.device_id, h.hour, h.clinic_id
    FROM device_telemetry.needled_hours AS h
    WHERE h.hour < %(before)s::timestamptz
    FOR UPDATE SKIP LOCKED
) AS gone
WHERE known.device_id = gone.device_id AND known.hour = gone.hour AND known.clinic_id = gone.clinic_id;
