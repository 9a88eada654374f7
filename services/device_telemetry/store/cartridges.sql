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
-- What a session that scanned a cartridge of the lot said of it: cartridges of one lot run out on one day.
SELECT cartridge_expires_on AS expires_on FROM device_telemetry.sessions
WHERE cartridge_lot = %(lot)s
ORDER BY started_at DESC
LIMIT 1;

-- uses --
-- The history of a cartridge, as far as row-level security shows it.
SELECT session_id, clinic_id, device_id, used_at
FROM device_telemetry.cartridge_uses
WHERE lot = %(lot)s AND serial = %(serial)s
ORDER BY used_at, session_id;
