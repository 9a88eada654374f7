-- insert --
-- What was offered once stays known: appointments name it.
INSERT INTO booking.treatments (
    id, clinic_id, name, indication, duration_minutes, buffer_before_minutes, buffer_after_minutes, room_kind,
    needs_device, interval_days, recovery_group, area, depth_um, credentials, price_minor, currency, zone_minutes,
    device_models, active, version
) VALUES (
    %(id)s, %(clinic_id)s, %(name)s, %(indication)s, %(duration_minutes)s, %(buffer_before_minutes)s,
    %(buffer_after_minutes)s, %(room_kind)s, %(needs_device)s, %(interval_days)s, %(recovery_group)s, %(area)s,
    %(depth_um)s, %(credentials)s, %(price_minor)s, %(currency)s, %(zone_minutes)s::jsonb,
    %(device_models)s::text[], TRUE, 1
);

-- update --
-- The row was locked by `lock`; every field is written, changed or not.
UPDATE booking.treatments SET
    name = %(name)s,
    indication = %(indication)s,
    duration_minutes = %(duration_minutes)s,
    buffer_before_minutes = %(buffer_before_minutes)s,
    buffer_after_minutes = %(buffer_after_minutes)s,
    room_kind = %(room_kind)s,
    needs_device = %(needs_device)s,
    interval_days = %(interval_days)s,
    recovery_group = %(recovery_group)s,
    area = %(area)s,
    depth_um = %(depth_um)s,
    credentials = %(credentials)s,
    price_minor = %(price_minor)s,
    currency = %(currency)s,
    zone_minutes = %(zone_minutes)s::jsonb,
    device_models = %(device_models)s::text[],
    active = %(active)s,
    version = version + 1
WHERE clinic_id = %(clinic_id)s AND id = %(id)s;

-- find --
-- One treatment of a clinic.
SELECT * FROM booking.treatments
WHERE clinic_id = %(clinic_id)s AND id = %(id)s;

-- lock --
-- One change of a treatment at a time.
SELECT * FROM booking.treatments
WHERE clinic_id = %(clinic_id)s AND id = %(id)s FOR NO KEY UPDATE;

-- page --
-- The treatments of a clinic, by name.
SELECT * FROM booking.treatments
WHERE
    clinic_id = %(clinic_id)s
    AND (%(name)s::text IS NULL OR (name, id) > (%(name)s::text, %(id)s::uuid))
ORDER BY name, id
LIMIT %(limit)s;
