-- accept --
-- The hole as it is now; its parts, should some of it arrive, are given up with it.
INSERT INTO device_telemetry.losses (device_id, boot_id, from_seq, to_seq, clinic_id, accepted_by, accepted_at)
SELECT g.device_id, g.boot_id, g.from_seq, g.to_seq, g.clinic_id, %(by)s::uuid AS accepted_by, %(now)s AS accepted_at
FROM device_telemetry.gaps AS g
WHERE g.device_id = %(device_id)s::uuid AND g.boot_id = %(boot_id)s::bigint AND g.from_seq = %(from_seq)s::bigint
ON CONFLICT DO NOTHING;

-- find --
-- A hole, and who gave it up first.
SELECT g.boot_id, g.from_seq, g.to_seq, g.seen_at, l.accepted_at, l.accepted_by
FROM device_telemetry.gaps AS g
LEFT JOIN device_telemetry.losses AS l
    ON g.device_id = l.device_id AND g.boot_id = l.boot_id AND g.from_seq >= l.from_seq AND g.to_seq <= l.to_seq
WHERE g.device_id = %(device_id)s::uuid AND g.boot_id = %(boot_id)s::bigint AND g.from_seq = %(from_seq)s::bigint
ORDER BY l.accepted_at
LIMIT 1;
