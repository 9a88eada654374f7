-- remember_clinic --
-- What a clinic is; an older event changes nothing.
INSERT INTO client_records.clinics AS known (clinic_id, name, time_zone, jurisdiction, sequence)
VALUES (%(clinic_id)s, %(name)s, %(time_zone)s, %(jurisdiction)s, %(sequence)s)
ON CONFLICT (clinic_id) DO UPDATE SET
    name = excluded.name, time_zone = excluded.time_zone, jurisdiction = excluded.jurisdiction,
    sequence = excluded.sequence
WHERE known.sequence < excluded.sequence;

-- remember_practitioner --
-- What a practitioner may do; an older event changes nothing.
INSERT INTO client_records.practitioners AS known
(practitioner_id, clinic_id, max_depth_face_um, max_depth_body_um, valid_until, active, sequence)
VALUES (
    %(practitioner_id)s, %(clinic_id)s, %(max_depth_face_um)s, %(max_depth_body_um)s, %(valid_until)s,
    %(active)s, %(sequence)s
)
ON CONFLICT (practitioner_id, clinic_id) DO UPDATE SET
    max_depth_face_um = excluded.max_depth_face_um, max_depth_body_um = excluded.max_depth_body_um,
    valid_until = excluded.valid_until, active = excluded.active, sequence = excluded.sequence
WHERE known.sequence < excluded.sequence;

-- remember_device --
-- Whether a device may be used; an older event changes nothing.
INSERT INTO client_records.devices AS known (device_id, clinic_id, name, model, fit, reasons, sequence)
VALUES (%(device_id)s, %(clinic_id)s, %(name)s, %(model)s, %(fit)s, %(reasons)s, %(sequence)s)
ON CONFLICT (device_id, clinic_id) DO UPDATE SET
    name = excluded.name, model = excluded.model, fit = excluded.fit, reasons = excluded.reasons,
    sequence = excluded.sequence
WHERE known.sequence < excluded.sequence;

-- remember_appointment --
-- The appointment as it now is; an older version changes nothing.
INSERT INTO client_records.appointments AS known
(
    appointment_id, clinic_id, version, status, client_id, treatment_id, treatment_name, indication, practitioner_id,
    device_id, starts_at, ends_at
)
VALUES (
    %(appointment_id)s, %(clinic_id)s, %(version)s, %(status)s, %(client_id)s, %(treatment_id)s,
    %(treatment_name)s, %(indication)s, %(practitioner_id)s, %(device_id)s, %(starts_at)s, %(ends_at)s
)
ON CONFLICT (appointment_id) DO UPDATE SET
    version = excluded.version, status = excluded.status, client_id = excluded.client_id,
    treatment_id = excluded.treatment_id, treatment_name = excluded.treatment_name,
    indication = excluded.indication, practitioner_id = excluded.practitioner_id, device_id = excluded.device_id,
    starts_at = excluded.starts_at, ends_at = excluded.ends_at
WHERE known.version < excluded.version;

-- clinic --
-- Where a clinic is.
SELECT clinic_id, name, time_zone, jurisdiction FROM client_records.clinics
WHERE clinic_id = %(clinic_id)s;

-- practitioner --
-- What a practitioner may do at a clinic.
SELECT max_depth_face_um, max_depth_body_um, valid_until, active FROM client_records.practitioners
WHERE practitioner_id = %(practitioner_id)s AND clinic_id = %(clinic_id)s;

-- device --
-- Whether a device may be used.
SELECT device_id AS id, clinic_id, name, model, fit, reasons FROM client_records.devices
WHERE device_id = %(device_id)s AND clinic_id = %(clinic_id)s;

-- appointment --
-- An appointment.
SELECT
    appointment_id, clinic_id, status, client_id, treatment_id, treatment_name, indication, practitioner_id,
    device_id, starts_at, ends_at
FROM client_records.appointments
WHERE appointment_id = %(appointment_id)s;

-- lock_appointment --
-- One session of an appointment at a time.
SELECT
    appointment_id, clinic_id, status, client_id, treatment_id, treatment_name, indication, practitioner_id,
    device_id, starts_at, ends_at
FROM client_records.appointments
WHERE appointment_id = %(appointment_id)s
FOR UPDATE;
