-- note --
-- Time never goes back: two processes may know the same lane for a moment.  Half a minute without a word is a break.
INSERT INTO device_telemetry.lanes AS known (lane, drained_at)
SELECT
    d.lane,
    d.drained_at
FROM unnest(%(lanes)s::text[], %(drained)s::timestamptz[]) AS d (lane, drained_at)
ORDER BY d.lane
ON CONFLICT (lane) DO UPDATE
    SET
        drained_at = greatest(known.drained_at, excluded.drained_at),
        unbroken_since = CASE
            WHEN excluded.drained_at > known.drained_at + interval '30 seconds' THEN excluded.drained_at
            ELSE known.unbroken_since
        END;

-- all --
-- One row a lane; none before its process first looked.
SELECT lane, drained_at, unbroken_since FROM device_telemetry.lanes;
