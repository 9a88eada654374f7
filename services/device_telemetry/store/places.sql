-- left --
-- Few devices ever move: mostly nothing.
SELECT device_id, clinic_id, until FROM device_telemetry.device_places
WHERE device_id = any(%(ids)s::uuid[])
ORDER BY device_id, until;

-- streams --
-- Which sample numbers have arrived is the device's own history; the batches stay where they were recorded.  Held in
-- the order in which ingest holds them, and before the device.
WITH mine AS (
    SELECT device_id, boot_id FROM device_telemetry.streams
    WHERE device_id = %(device_id)s::uuid
    ORDER BY device_id, boot_id
    FOR UPDATE
)

UPDATE device_telemetry.streams AS s
SET clinic_id = %(clinic_id)s::uuid
FROM mine
WHERE s.device_id = mine.device_id AND s.boot_id = mine.boot_id;

-- leave --
-- Tells for ever whose readings of before are.
INSERT INTO device_telemetry.device_places (device_id, until, clinic_id)
VALUES (%(device_id)s::uuid, %(now)s, %(clinic_id)s::uuid);

-- states --
-- Its connection is cut: it comes back with a secret of the new clinic.
UPDATE device_telemetry.device_states
SET clinic_id = %(clinic_id)s::uuid, online = FALSE
WHERE device_id = %(device_id)s::uuid;

-- gaps --
-- The holes that the device still has to fill, of the streams that we hold.
UPDATE device_telemetry.gaps AS g
SET clinic_id = %(clinic_id)s::uuid
FROM device_telemetry.streams AS s
WHERE
    g.device_id = %(device_id)s::uuid AND s.device_id = g.device_id AND s.boot_id = g.boot_id
    AND s.clinic_id = %(clinic_id)s::uuid;

-- losses --
-- What was given up of them: else the new clinic could neither see that nor say it again.
UPDATE device_telemetry.losses
SET clinic_id = %(clinic_id)s::uuid
WHERE device_id = %(device_id)s::uuid;

-- services --
-- The device's papers go with it.
UPDATE device_telemetry.device_services
SET clinic_id = %(clinic_id)s::uuid
WHERE device_id = %(device_id)s::uuid;

-- firmware --
-- The device's papers go with it.
UPDATE device_telemetry.device_firmware
SET clinic_id = %(clinic_id)s::uuid
WHERE device_id = %(device_id)s::uuid;

-- counts --
-- How much of it was no use tells of the device; the messages themselves stay where they were sent.
UPDATE device_telemetry.set_aside_counts
SET clinic_id = %(clinic_id)s::uuid
WHERE device_id = %(device_id)s::uuid;

-- follow --
-- Streams that began while their device moved name the clinic that it left; their holes go along.  Whoever writes
-- to one just now is left alone until the next look.
WITH strays AS (
    SELECT s.device_id, s.boot_id, d.clinic_id
    FROM device_telemetry.streams AS s
    INNER JOIN device_telemetry.devices AS d ON s.device_id = d.id
    WHERE
        s.clinic_id <> d.clinic_id
        AND d.id IN (SELECT p.device_id FROM device_telemetry.device_places AS p)
    ORDER BY s.device_id, s.boot_id
    LIMIT 200
    FOR UPDATE OF s SKIP LOCKED
),

followed AS (
    UPDATE device_telemetry.gaps AS g SET clinic_id = strays.clinic_id
    FROM strays
    WHERE g.device_id = strays.device_id AND g.boot_id = strays.boot_id
)

UPDATE device_telemetry.streams AS s SET clinic_id = strays.clinic_id
FROM strays
WHERE s.device_id = strays.device_id AND s.boot_id = strays.boot_id;
