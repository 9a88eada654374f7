-- note --
-- What was newly stored is added, in the same transaction; ordered, so that two writers lock alike.
INSERT INTO device_telemetry.runs AS known
(
    session_id, device_id, boot_id, clinic_id, first_t0, last_t0, batches, samples, needling_at, depth_max_um,
    first_received_at, unknown_at
)
SELECT
    part.session_id, part.device_id, part.boot_id, part.clinic_id, part.first_t0, part.last_t0, part.batches,
    part.samples, part.needling_at, part.depth_max_um, %(now)s::timestamptz AS first_received_at,
    CASE WHEN part.announced THEN NULL ELSE %(now)s::timestamptz END AS unknown_at
FROM
    unnest(
        %(session_id)s::uuid[], %(device_id)s::uuid[], %(boot_id)s::bigint[], %(clinic_id)s::uuid[],
        %(first_t0)s::timestamptz[], %(last_t0)s::timestamptz[], %(batches)s::bigint[], %(samples)s::bigint[],
        %(needling_at)s::timestamptz[], %(depth_max_um)s::smallint[], %(announced)s::boolean[]
    )
        AS part (
            session_id, device_id, boot_id, clinic_id, first_t0, last_t0, batches, samples, needling_at, depth_max_um,
            announced
        )
ORDER BY part.session_id, part.device_id, part.boot_id
ON CONFLICT (session_id, device_id, boot_id) DO UPDATE
    SET
        first_t0 = least(known.first_t0, excluded.first_t0),
        last_t0 = greatest(known.last_t0, excluded.last_t0),
        batches = known.batches + excluded.batches,
        samples = known.samples + excluded.samples,
        needling_at = greatest(known.needling_at, excluded.needling_at),
        depth_max_um = greatest(known.depth_max_um, excluded.depth_max_um),
        unknown_at = excluded.unknown_at;

-- of_session --
-- The boots of a session's own device that carried it.
SELECT r.device_id, r.boot_id, r.first_t0, r.last_t0, r.batches, r.samples
FROM device_telemetry.runs AS r
INNER JOIN device_telemetry.sessions AS s ON r.session_id = s.session_id AND r.device_id = s.device_id
WHERE r.session_id = %(session_id)s::uuid
ORDER BY r.boot_id;

-- announced --
-- The session's device was told to us: what came before is no longer needling in an unknown session.
UPDATE device_telemetry.runs
SET unknown_at = NULL
WHERE session_id = %(session_id)s::uuid AND device_id = %(device_id)s::uuid AND unknown_at IS NOT NULL;

-- unknown --
-- Needling lately that names a session of which nobody has told us, though there was time to.
SELECT DISTINCT ON (r.device_id)
    r.device_id, r.clinic_id, r.session_id, r.depth_max_um AS value, r.needling_at AS last_at
FROM device_telemetry.runs AS r
WHERE
    r.unknown_at > %(now)s::timestamptz - interval '2 minutes'
    AND r.first_received_at < %(now)s::timestamptz - interval '10 seconds'
    AND r.needling_at > %(now)s::timestamptz - interval '10 minutes'
ORDER BY r.device_id ASC, r.needling_at DESC
LIMIT 200;

-- forget --
-- Their batches went with their days.  A bounded step, and of none that is being written: whoever calls comes again.
DELETE FROM device_telemetry.runs AS r
USING (
    SELECT old.session_id, old.device_id, old.boot_id
    FROM device_telemetry.runs AS old
    WHERE old.first_received_at < %(before)s::timestamptz AND old.last_t0 < %(before)s::timestamptz
    ORDER BY old.first_received_at
    LIMIT %(most)s::int
    FOR UPDATE SKIP LOCKED
) AS gone
WHERE r.session_id = gone.session_id AND r.device_id = gone.device_id AND r.boot_id = gone.boot_id;
