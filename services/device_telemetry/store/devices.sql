-- insert --
-- devices_serial_once refuses a device that is registered already.
INSERT INTO device_telemetry.devices
(
    id, clinic_id, name, model, serial, status, calibrated_on, calibration_due_on, tolerance_um,
    serviced_on, service_due_on, fit, reasons, registered_at, changed_at
)
VALUES
(
    %(id)s::uuid, %(clinic_id)s::uuid, %(name)s, %(model)s, %(serial)s, 'registered',
    %(calibrated_on)s::date, %(due_on)s::date, %(tolerance_um)s::bigint,
    %(serviced_on)s::date, %(service_due_on)s::date, %(fit)s, %(reasons)s::text[], %(now)s, %(now)s
);

-- lock --
-- Whoever changes a device holds its row: status and fitness are decided on what is true now.
SELECT
    d.id, d.clinic_id, c.time_zone, d.name, d.model, d.status, d.fit, d.reasons, d.calibrated_on,
    d.calibration_due_on, d.tolerance_um, d.serviced_on, d.service_due_on, d.firmware, d.version, d.changed_at,
    w.id IS NOT NULL AS firmware_withdrawn
FROM device_telemetry.devices AS d
INNER JOIN device_telemetry.clinics AS c ON d.clinic_id = c.clinic_id
LEFT JOIN device_telemetry.withdrawn_firmware AS w ON d.model = w.model AND d.firmware = w.version
WHERE d.id = %(id)s::uuid
FOR NO KEY UPDATE OF d;

-- change --
-- The row is locked: these are the values that the event announces.
UPDATE device_telemetry.devices
SET
    clinic_id = %(clinic_id)s::uuid, name = %(name)s,
    status = %(status)s, fit = %(fit)s, reasons = %(reasons)s::text[],
    calibrated_on = %(calibrated_on)s::date, calibration_due_on = %(due_on)s::date,
    tolerance_um = %(tolerance_um)s::bigint, serviced_on = %(serviced_on)s::date,
    service_due_on = %(service_due_on)s::date, firmware = %(firmware)s, version = %(version)s, changed_at = %(now)s
WHERE id = %(id)s::uuid;

-- withdrawn --
-- Whether a version may not be used any more.
SELECT id FROM device_telemetry.withdrawn_firmware
WHERE model = %(model)s AND version = %(version)s;

-- page --
-- One row more than shown tells whether there is a next page.  What is counted is counted for the page's
-- devices only, each by its own index; today is the clinic's.
SELECT
    d.id, d.clinic_id, c.name AS clinic_name, c.time_zone, d.name, d.model, d.serial, d.status, d.fit, d.reasons,
    d.calibrated_on, d.calibration_due_on, d.tolerance_um, d.serviced_on, d.service_due_on, d.registered_at,
    d.changed_at, d.version, s.calibrated_on AS said_calibrated_on, s.last_seen_at, s.battery_permille, d.firmware, coalesce(s.online, FALSE) AS online,
    (
        SELECT o.session_id FROM device_telemetry.sessions AS o
        WHERE o.device_id = d.id AND o.state = 'open'
        ORDER BY o.started_at DESC
        LIMIT 1
    ) AS session_id,
    (
        SELECT count(*) FROM device_telemetry.alarms AS a
        WHERE a.device_id = d.id AND a.cleared_at IS NULL
    ) AS open_alarms,
    (
        -- in the hour of a midnight that is none of UTC's full hours, the bits before it are shifted out
        SELECT
            coalesce(
                sum(bit_count((h.minutes >> greatest(extract(EPOCH FROM today.midnight - h.hour)::integer / 60, 0))::bit(64))), 0
            )::bigint
        FROM (SELECT date_trunc('day', %(now)s::timestamptz, c.time_zone) AS midnight) AS today
        INNER JOIN device_telemetry.needled_hours AS h
            ON d.id = h.device_id AND h.hour > today.midnight - interval '1 hour'
    ) AS minutes_today,
    (
        SELECT count(*) FROM device_telemetry.gaps AS g
        WHERE g.device_id = d.id
    ) AS gaps,
    (
        SELECT coalesce(sum(a.times), 0)::bigint FROM device_telemetry.set_aside_counts AS a
        WHERE a.device_id = d.id
    ) AS set_aside,
    (
        SELECT u.until FROM device_telemetry.suspensions AS u
        WHERE u.device_id = d.id AND u.until > %(now)s::timestamptz
    ) AS suspended_until
FROM device_telemetry.devices AS d
INNER JOIN device_telemetry.clinics AS c ON d.clinic_id = c.clinic_id
LEFT JOIN device_telemetry.device_states AS s ON d.id = s.device_id
WHERE
    (%(id)s::uuid IS NULL OR d.id = %(id)s::uuid)
    AND (%(clinic_id)s::uuid IS NULL OR d.clinic_id = %(clinic_id)s::uuid)
    AND (%(status)s::text IS NULL OR d.status = %(status)s::text)
    AND (%(fit)s::boolean IS NULL OR d.fit = %(fit)s::boolean)
    AND (%(after)s::uuid IS NULL OR d.id > %(after)s::uuid)
ORDER BY d.id
LIMIT %(limit)s;

-- hold --
-- In the order of their ids, so that whoever changes several never waits crosswise.
SELECT id, clinic_id, status FROM device_telemetry.devices
WHERE id = any(%(ids)s::uuid[])
ORDER BY id
FOR NO KEY UPDATE;

-- shut --
-- FOR UPDATE holds back foreign keys too: no boot of the device begins meanwhile.
SELECT id FROM device_telemetry.devices
WHERE id = %(id)s::uuid
FOR UPDATE;

-- owners --
-- Which clinic each device belongs to, for what arrives from many devices at once.
SELECT id, clinic_id, status FROM device_telemetry.devices
WHERE id = any(%(ids)s::uuid[]);

-- due_for_another_look --
-- A calibration or a service that falls due makes a device unfit without anybody doing anything; its clinic's calendar
-- says when.
SELECT d.id
FROM device_telemetry.devices AS d
INNER JOIN device_telemetry.clinics AS c ON d.clinic_id = c.clinic_id
WHERE
    d.status <> 'retired' AND d.fit
    AND least(d.calibration_due_on, d.service_due_on) < (%(now)s::timestamptz AT TIME ZONE c.time_zone)::date
ORDER BY d.id
LIMIT 200;

-- remember_clinic --
-- A device cannot be registered in a clinic that booking has not announced.
INSERT INTO device_telemetry.clinics AS known (clinic_id, name, time_zone, active)
VALUES (%(clinic_id)s::uuid, %(name)s, %(time_zone)s, %(active)s)
ON CONFLICT (clinic_id) DO UPDATE
    SET name = excluded.name, time_zone = excluded.time_zone, active = excluded.active;

-- clinic --
-- Row-level security hides the clinics of others.
SELECT clinic_id, name, time_zone, active FROM device_telemetry.clinics
WHERE clinic_id = %(clinic_id)s::uuid;
