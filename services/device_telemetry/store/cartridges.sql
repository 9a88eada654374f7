-- use --
-- One row a cartridge and session.
INSERT INTO device_telemetry.cartridge_uses (lot, serial, session_id, clinic_id, device_id, used_at)
VALUES (%(lot)s, %(serial)s, %(session_id)s::uuid, %(clinic_id)s::uuid, %(device_id)s::uuid, %(used_at)s)
ON CONFLICT DO NOTHING;

-- used_before --
-- Another session on the same cartridge, at any clinic.
SELECT session_id, used_at FROM device_telemetry.cartridge_uses
WHERE
    lot = %(lot)s AND serial = %(serial)s
    AND session_id IS DISTINCT FROM %(session_id)s::uuid
ORDER BY used_at
LIMIT 1;

-- expiry --
-- What a session that scanned a cartridge of the lot said of it: cartridges of one lot run out on one day.  The clinic's
-- own scan counts before others', so that no slip elsewhere stops a treatment here, or lets one go on.
SELECT cartridge_expires_on AS expires_on FROM device_telemetry.sessions
WHERE cartridge_lot = %(lot)s
ORDER BY (clinic_id <> %(clinic_id)s::uuid), started_at DESC
LIMIT 1;

-- uses --
-- The history of a cartridge, as far as row-level security shows it.
SELECT session_id, clinic_id, device_id, used_at
FROM device_telemetry.cartridge_uses
WHERE lot = %(lot)s AND serial = %(serial)s
ORDER BY used_at, session_id;

-- insertions --
-- Where a device said that the cartridge was inserted, and no session with it began there within half a day or went on.
SELECT e.device_id, e.clinic_id, e.said_at AS inserted_at
FROM device_telemetry.device_events AS e
WHERE
    e.event = 'cartridge_inserted'
    AND e.facts #>> '{cartridge,serial}' = %(serial)s
    AND e.facts #>> '{cartridge,lot}' = %(lot)s
    AND NOT EXISTS (
        SELECT FROM device_telemetry.cartridge_uses AS u
        INNER JOIN device_telemetry.sessions AS s ON u.session_id = s.session_id
        WHERE
            u.lot = %(lot)s AND u.serial = %(serial)s AND u.device_id = e.device_id
            AND u.used_at < e.said_at + interval '12 hours'
            AND (s.ended_at IS NULL OR s.ended_at > e.said_at)
    )
ORDER BY e.said_at, e.device_id, e.boot_id, e.seq
LIMIT 200;
