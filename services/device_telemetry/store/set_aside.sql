-- known --
-- What is kept already only counts, and needs no room.
SELECT topic, reason, body_sha256
FROM device_telemetry.set_aside
WHERE
    (topic, reason, body_sha256) IN (
        SELECT asked.topic, asked.reason, decode(asked.digest, 'hex') AS body_sha256
        FROM unnest(%(topics)s::text[], %(reasons)s::text[], %(digests)s::text[])
            AS asked (topic, reason, digest)
    );

-- kept --
-- How much of each device is kept, messages counted no further than to the most; nobody's are those without one.
-- Readings, of which there may be many, only by what was counted: the reasons are those of usecases/set_aside.py, in
-- words, for the index set_aside_of_sender holds the others.
SELECT
    asked.device_id,
    (
        SELECT count(*) FROM (
            SELECT 1 FROM device_telemetry.set_aside AS a
            WHERE
                coalesce(a.device_id, '00000000-0000-0000-0000-000000000000'::uuid) = asked.device_id
                AND (a.device_id IS NULL OR a.reason NOT IN ('far_future', 'too_old', 'too_many_gaps', 'session_full'))
            ORDER BY a.id
            LIMIT %(most)s::int
        ) AS counted
    ) AS messages,
    (
        SELECT coalesce(sum(octet_length(b.body)), 0)::bigint FROM device_telemetry.set_aside AS b
        WHERE
            coalesce(b.device_id, '00000000-0000-0000-0000-000000000000'::uuid) = asked.device_id
            AND (b.device_id IS NULL OR b.reason NOT IN ('far_future', 'too_old', 'too_many_gaps', 'session_full'))
    ) AS bytes,
    (
        SELECT coalesce(sum(c.kept_bytes), 0)::bigint FROM device_telemetry.set_aside_counts AS c
        WHERE c.device_id = asked.device_id AND c.reason = any(%(readings)s::text[])
    ) AS reading_bytes
FROM unnest(%(device_ids)s::uuid[]) AS asked (device_id);

-- kept_bytes --
-- Of all devices together, readings apart.
SELECT
    coalesce(sum(c.kept_bytes) FILTER (WHERE NOT c.is_reading), 0)::bigint AS bytes,
    coalesce(sum(c.kept_bytes) FILTER (WHERE c.is_reading), 0)::bigint AS reading_bytes
FROM (
    SELECT
        kept_bytes,
        device_id <> %(nobody)s::uuid AND reason = any(%(readings)s::text[]) AS is_reading
    FROM device_telemetry.set_aside_counts
) AS c;

-- put --
-- A repeat only counts; reason and topic belong to the name of what was set aside.  Ordered by that name, so that
-- two processes never wait crosswise.
INSERT INTO device_telemetry.set_aside AS known
(
    id, topic, clinic_id, device_id, reason, detail, body, body_sha256, times, first_at, last_at,
    again_at
)
SELECT
    coming.id,
    coming.topic,
    coming.clinic_id,
    coming.device_id,
    coming.reason,
    coming.detail,
    coming.body,
    sha256(coming.body) AS body_sha256,
    coming.times,
    %(now)s::timestamptz AS first_at,
    %(now)s::timestamptz AS last_at,
    coming.again_at
FROM
    unnest(
        %(ids)s::uuid[], %(topics)s::text[], %(clinic_ids)s::uuid[], %(device_ids)s::uuid[],
        %(reasons)s::text[], %(details)s::text[], %(bodies)s::bytea[], %(times)s::bigint[],
        %(agains)s::timestamptz[]
    ) AS coming (id, topic, clinic_id, device_id, reason, detail, body, times, again_at)
ORDER BY coming.topic, coming.reason, sha256(coming.body)
ON CONFLICT (topic, reason, body_sha256) DO UPDATE
    SET times = known.times + excluded.times, last_at = excluded.last_at;

-- count --
-- Of everything, kept or not.  A device that moved meanwhile is another clinic's.
INSERT INTO device_telemetry.set_aside_counts AS known
(device_id, reason, day, clinic_id, times, kept_bytes)
SELECT
    coming.device_id,
    coming.reason,
    %(day)s::date AS day,
    coming.clinic_id,
    coming.times,
    coming.kept_bytes
FROM
    unnest(
        %(device_ids)s::uuid[], %(reasons)s::text[], %(clinic_ids)s::uuid[], %(times)s::bigint[],
        %(kept)s::bigint[]
    ) AS coming (device_id, reason, clinic_id, times, kept_bytes)
ORDER BY coming.device_id, coming.reason
ON CONFLICT (device_id, reason, day) DO UPDATE
    SET
        times = known.times + excluded.times, kept_bytes = known.kept_bytes + excluded.kept_bytes,
        clinic_id = coalesce(excluded.clinic_id, known.clinic_id);

-- page --
-- What staff see of it; the bytes themselves stay for an engineer.  Nobody's are headquarters' to see.
SELECT
    id, topic, clinic_id, device_id, reason, detail, octet_length(body) AS bytes, times, first_at,
    last_at
FROM device_telemetry.set_aside
WHERE
    (%(device_id)s::uuid IS NULL OR device_id = %(device_id)s::uuid)
    AND (%(clinic_id)s::uuid IS NULL OR clinic_id = %(clinic_id)s::uuid)
    AND (%(reason)s::text IS NULL OR reason = %(reason)s::text)
    AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
ORDER BY id DESC
LIMIT %(limit)s;

-- hold --
-- Whoever tries it again holds it.
SELECT id, topic, reason, body, times, tries, first_at
FROM device_telemetry.set_aside
WHERE id = %(id)s::uuid
FOR UPDATE;

-- senders_due --
-- Of whom something is to be tried again; null: of nobody.  From device to device by the index, for one of them may have
-- half a million.
WITH RECURSIVE sender AS (
    (
        SELECT a.device_id FROM device_telemetry.set_aside AS a
        WHERE a.again_at IS NOT NULL AND a.device_id IS NOT NULL
        ORDER BY a.device_id
        LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT b.device_id FROM device_telemetry.set_aside AS b
        WHERE b.again_at IS NOT NULL AND b.device_id > sender.device_id
        ORDER BY b.device_id
        LIMIT 1
    ) AS device_id
    FROM sender
    WHERE sender.device_id IS NOT NULL
)

SELECT sender.device_id
FROM sender
CROSS JOIN
    LATERAL (
        SELECT c.again_at FROM device_telemetry.set_aside AS c
        WHERE c.device_id = sender.device_id AND c.again_at <= %(now)s::timestamptz
        ORDER BY c.again_at
        LIMIT 1
    ) AS due
UNION ALL
(
    SELECT d.device_id FROM device_telemetry.set_aside AS d
    WHERE d.device_id IS NULL AND d.again_at <= %(now)s::timestamptz
    ORDER BY d.again_at
    LIMIT 1
);

-- due --
-- What of one device is due longest.  Two who look for work never take the same.
SELECT id
FROM device_telemetry.set_aside
WHERE device_id = %(sender)s::uuid AND again_at <= %(now)s::timestamptz
ORDER BY again_at, id
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- due_of_nobody --
-- What no known device stands behind has its turn as a device has.
SELECT id
FROM device_telemetry.set_aside
WHERE device_id IS NULL AND again_at <= %(now)s::timestamptz
ORDER BY again_at, id
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- times --
-- More than before: it was refused again for the same reason.
SELECT times FROM device_telemetry.set_aside
WHERE id = %(id)s::uuid;

-- remove --
-- It is stored, or set aside for another reason.  Its bytes make room for others.
WITH gone AS (
    DELETE FROM device_telemetry.set_aside
    WHERE id = %(id)s::uuid
    RETURNING device_id, reason, (first_at AT TIME ZONE 'UTC')::date AS day, octet_length(body) AS bytes
)

UPDATE device_telemetry.set_aside_counts AS known
SET kept_bytes = known.kept_bytes - gone.bytes
FROM gone
WHERE
    known.device_id = coalesce(gone.device_id, %(nobody)s::uuid)
    AND known.reason = gone.reason AND known.day = gone.day;

-- postpone --
-- Null: it is not tried again by itself.
UPDATE device_telemetry.set_aside
SET tries = tries + 1, again_at = %(again_at)s::timestamptz
WHERE id = %(id)s::uuid;

-- forget --
-- A bounded step: whoever calls comes again.
DELETE FROM device_telemetry.set_aside
WHERE id IN (
    SELECT old.id FROM device_telemetry.set_aside AS old
    WHERE old.last_at < %(before)s::timestamptz
    ORDER BY old.last_at
    LIMIT %(most)s::int
);

-- forget_counts --
-- As long as what they count.
DELETE FROM device_telemetry.set_aside_counts
WHERE day < %(before)s::date;
