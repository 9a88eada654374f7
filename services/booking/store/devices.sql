-- remember --
-- A device moves between clinics; what was told earlier never overwrites what was told later.
INSERT INTO booking.devices AS known (id, clinic_id, name, model, status, fit, reasons, changed_at)
VALUES (
    %(device_id)s, %(clinic_id)s, %(name)s, %(model)s, %(status)s, %(fit)s, %(reasons)s::text[], %(changed_at)s
)
ON CONFLICT (id) DO UPDATE SET
    clinic_id = excluded.clinic_id,
    name = excluded.name,
    model = excluded.model,
    status = excluded.status,
    fit = excluded.fit,
    reasons = excluded.reasons,
    changed_at = excluded.changed_at
WHERE known.changed_at <= excluded.changed_at;

-- find --
-- One device, at whatever clinic.
SELECT * FROM booking.devices
WHERE id = %(id)s;

-- page --
-- The devices of a clinic, by name.
SELECT * FROM booking.devices
WHERE
    clinic_id = %(clinic_id)s
    AND (%(name)s::text IS NULL OR (name, id) > (%(name)s::text, %(id)s::uuid))
ORDER BY name, id
LIMIT %(limit)s;
