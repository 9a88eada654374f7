-- heard --
-- What a device last said of itself; a status that was delayed does not overwrite a younger one,
-- but a clock that was set back must not silence a device for ever, however much else it says, nor for a moment
-- where a later connection shows that the status is younger.
-- Answers the connection of the status before: this statement does not see what it writes.
INSERT INTO device_telemetry.device_states AS known
(
    device_id, clinic_id, online, last_seen_at, said_at, uptime_ms, battery_permille, firmware,
    cartridge_lot, cartridge_serial, heard_at, connection, calibrated_on
)
VALUES
(
    %(device_id)s::uuid, %(clinic_id)s::uuid, %(online)s, %(now)s, %(said_at)s, %(uptime_ms)s,
    %(battery_permille)s, %(firmware)s, %(cartridge_lot)s, %(cartridge_serial)s, %(now)s, %(connection)s,
    %(calibrated_on)s::date
)
ON CONFLICT (device_id) DO UPDATE
    SET
        clinic_id = excluded.clinic_id,
        online = excluded.online,
        last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
        said_at = excluded.said_at,
        uptime_ms = excluded.uptime_ms,
        battery_permille = coalesce(excluded.battery_permille, known.battery_permille),
        firmware = coalesce(excluded.firmware, known.firmware),
        cartridge_lot = excluded.cartridge_lot,
        cartridge_serial = excluded.cartridge_serial,
        heard_at = excluded.heard_at,
        connection = excluded.connection,
        calibrated_on = coalesce(excluded.calibrated_on, known.calibrated_on),
        gone_at = NULL
    WHERE
    known.said_at IS NULL OR excluded.said_at >= known.said_at
    OR known.said_at > excluded.last_seen_at
    OR excluded.connection > known.connection
    OR coalesce(known.heard_at, known.last_seen_at) < excluded.heard_at - interval '1 minute'
RETURNING (
    SELECT earlier.connection FROM device_telemetry.device_states AS earlier
    WHERE earlier.device_id = %(device_id)s::uuid
) AS connection_before;

-- gone --
-- A last will carries no time of its own: what it says is true when it is heard.  gone_at stays, so that readings
-- which were under way then are not taken for news.
UPDATE device_telemetry.device_states
SET online = FALSE
WHERE device_id = %(device_id)s::uuid AND online
RETURNING device_id;

-- will --
-- The will of a connection that was taken over may arrive after the first word on the next one.
-- Whoever numbers its connections is known by that; of the others a status just before it counts.
UPDATE device_telemetry.device_states
SET gone_at = %(now)s
WHERE
    device_id = %(device_id)s::uuid AND online AND gone_at IS NULL
    AND CASE
        WHEN connection IS NOT NULL AND %(connection)s::bigint IS NOT NULL THEN connection = %(connection)s::bigint
        ELSE heard_at IS NULL OR heard_at < %(young)s::timestamptz
    END;

-- spoke --
-- An event says that its device is on line, whatever a last will said before.
INSERT INTO device_telemetry.device_states AS known (device_id, clinic_id, online, last_seen_at)
SELECT d.id AS device_id, d.clinic_id, TRUE AS online, %(now)s::timestamptz AS last_seen_at
FROM device_telemetry.devices AS d
WHERE d.id = any(%(device_ids)s::uuid[]) AND d.status <> 'retired'
ORDER BY d.id
ON CONFLICT (device_id) DO UPDATE
    SET last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at), online = TRUE, gone_at = NULL;

-- seen --
-- Readings are signs of life too, but not of now: they may have waited.  At most once a second for each device.
-- Whoever holds a device's state is just hearing from it: readings never wait for words, nor crosswise with them.
WITH known AS (
    SELECT device_id FROM device_telemetry.device_states
    WHERE
        device_id = any(%(device_ids)s::uuid[])
        AND last_seen_at < %(now)s::timestamptz - interval '1 second'
    ORDER BY device_id
    FOR NO KEY UPDATE SKIP LOCKED
),

seen_again AS (
    UPDATE device_telemetry.device_states AS s SET last_seen_at = %(now)s::timestamptz
    FROM known
    WHERE s.device_id = known.device_id
)

INSERT INTO device_telemetry.device_states (device_id, clinic_id, online, last_seen_at)
SELECT d.id AS device_id, d.clinic_id, TRUE AS online, %(now)s::timestamptz AS last_seen_at
FROM device_telemetry.devices AS d
WHERE
    d.id = any(%(device_ids)s::uuid[])
    AND NOT EXISTS (
        SELECT 1 FROM device_telemetry.device_states AS s
        WHERE s.device_id = d.id
    )
ORDER BY d.id
ON CONFLICT (device_id) DO NOTHING;

-- gone_away --
-- On line as far as we knew, and not heard since, or not since its last will.
SELECT device_id FROM device_telemetry.device_states
WHERE
    online
    AND (last_seen_at < %(silent_since)s::timestamptz OR gone_at < %(left_since)s::timestamptz)
ORDER BY device_id
LIMIT 200;

-- sending --
-- Readings are news of a device that counts as away, or whose last will we have, if they were taken since and lately.
-- A sample was taken when its device says, put right by what we know of its clock, and before we received it.
SELECT d.id AS device_id
FROM device_telemetry.devices AS d
INNER JOIN device_telemetry.device_states AS s ON d.id = s.device_id
INNER JOIN LATERAL (
    SELECT
        max(
            least(
                st.latest_at + coalesce(
                    (SELECT min(o.ms) FROM unnest(s.clock_offsets_ms) AS o (ms)), 0
                ) * interval '1 millisecond',
                st.last_received_at
            )
        ) AS at
    FROM device_telemetry.streams AS st
    WHERE st.device_id = d.id AND st.last_received_at > %(since)s::timestamptz
) AS taken ON TRUE
WHERE
    d.status <> 'retired'
    AND (d.status IN ('registered', 'offline') OR NOT s.online OR s.gone_at IS NOT NULL)
    AND taken.at > %(since)s::timestamptz
    AND (s.gone_at IS NULL OR taken.at > s.gone_at)
ORDER BY d.id
LIMIT 200;

-- back --
-- On line again; when each was last seen is known.
UPDATE device_telemetry.device_states
SET online = TRUE, gone_at = NULL
WHERE device_id = any(%(device_ids)s::uuid[]);

-- silent_in_session --
-- Devices that should be talking: a session is open.  Those that needle send readings every second.  Needling is what
-- the device says of itself, or what its last readings show where it has said nothing since.
SELECT s.device_id, s.clinic_id, s.session_id, coalesce(heard.last_seen_at, s.started_at) AS last_at
FROM device_telemetry.sessions AS s
INNER JOIN device_telemetry.devices AS d ON s.device_id = d.id
LEFT JOIN device_telemetry.device_states AS heard ON s.device_id = heard.device_id
WHERE
    s.state = 'open'
    AND s.started_at > %(now)s::timestamptz - interval '12 hours'
    AND greatest(coalesce(heard.last_seen_at, s.started_at), s.started_at)
    < CASE
        WHEN
            d.status = 'needling'
            OR EXISTS (
                SELECT FROM device_telemetry.runs AS r
                WHERE
                    r.session_id = s.session_id AND r.device_id = s.device_id
                    AND r.needling_at > r.last_t0 - %(rests)s::interval
                    AND NOT EXISTS (
                        SELECT FROM device_telemetry.device_events AS said
                        WHERE
                            said.device_id = r.device_id AND said.boot_id = r.boot_id
                            AND said.event = 'needling_stopped' AND said.said_at >= r.needling_at
                    )
                    AND NOT EXISTS (
                        SELECT FROM device_telemetry.runs AS later
                        WHERE
                            later.session_id = r.session_id AND later.device_id = r.device_id
                            AND later.boot_id > r.boot_id
                    )
            )
            THEN %(needling_since)s::timestamptz
        ELSE %(idle_since)s::timestamptz
    END
    AND NOT EXISTS (
        SELECT 1 FROM device_telemetry.alarms AS a
        WHERE a.device_id = s.device_id AND a.kind = 'silent' AND a.cleared_at IS NULL
    )
ORDER BY s.device_id
LIMIT 200;

-- heard_again --
-- Silent devices that have been heard since, or whose session is over.
SELECT a.id, a.device_id
FROM device_telemetry.alarms AS a
LEFT JOIN device_telemetry.device_states AS heard ON a.device_id = heard.device_id
LEFT JOIN device_telemetry.sessions AS s ON a.session_id = s.session_id
WHERE
    a.kind = 'silent' AND a.cleared_at IS NULL
    AND (heard.last_seen_at > a.raised_at OR s.state <> 'open')
ORDER BY a.device_id
LIMIT 200;
