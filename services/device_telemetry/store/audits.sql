-- audit --
-- Some devices whose day was not audited yet, counted in one snapshot.  Samples belong to the day in which they were
-- taken: a batch lasts 32.8 seconds at most, so only those that begin just before an end of the day are opened.
INSERT INTO device_telemetry.audits (day, device_id, clinic_id, stored, counted, audited_at)
SELECT
    %(day)s::date AS day, d.id AS device_id, d.clinic_id, coalesce(batches.samples, 0) AS stored,
    coalesce(minutes.samples, 0) AS counted, %(now)s::timestamptz AS audited_at
FROM (
    SELECT owned.id, owned.clinic_id
    FROM device_telemetry.devices AS owned
    LEFT JOIN device_telemetry.audits AS a ON owned.id = a.device_id AND a.day = %(day)s::date
    WHERE a.device_id IS NULL
    ORDER BY owned.id
    LIMIT %(most)s
) AS d
CROSS JOIN
    LATERAL (
        SELECT
            sum(
                CASE
                    WHEN b.t0 >= %(since)s::timestamptz AND b.t0 < %(until)s::timestamptz - interval '33 seconds' THEN b.n
                    ELSE (
                        SELECT count(*) FROM unnest(b.dt_ms) AS each (dt_ms)
                        WHERE
                            b.t0 + each.dt_ms * interval '1 millisecond' >= %(since)s::timestamptz
                            AND b.t0 + each.dt_ms * interval '1 millisecond' < %(until)s::timestamptz
                    )
                END
            ) AS samples
        FROM device_telemetry.batches AS b
        WHERE
            b.device_id = d.id
            AND b.t0 >= %(since)s::timestamptz - interval '33 seconds' AND b.t0 < %(until)s::timestamptz
    ) AS batches
CROSS JOIN
    LATERAL (
        SELECT sum(m.samples) AS samples FROM device_telemetry.minutes AS m
        WHERE m.device_id = d.id AND m.minute >= %(since)s::timestamptz AND m.minute < %(until)s::timestamptz
    ) AS minutes
ORDER BY d.id
ON CONFLICT (day, device_id) DO NOTHING
RETURNING device_id, stored, counted;

-- forget --
-- As long as the batches themselves.  A bounded step: whoever calls comes again.
DELETE FROM device_telemetry.audits AS a
USING (
    SELECT old.day, old.device_id
    FROM device_telemetry.audits AS old
    WHERE old.day < %(before)s::date
    ORDER BY old.day, old.device_id
    LIMIT %(most)s::int
) AS gone
WHERE a.day = gone.day AND a.device_id = gone.device_id;
