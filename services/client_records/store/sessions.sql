-- use_cartridge --
-- One cartridge, one session, for ever: nothing happens for one that was used, in whichever clinic.
INSERT INTO client_records.cartridge_uses (lot, serial, clinic_id, session_id)
VALUES (%(cartridge_lot)s, %(cartridge_serial)s, %(clinic_id)s, %(id)s)
ON CONFLICT DO NOTHING;

-- of_appointment --
-- Whether an appointment has had its session.
SELECT id FROM client_records.sessions
WHERE appointment_id = %(appointment_id)s;

-- running_on_device --
-- The session that holds a device.
SELECT id FROM client_records.sessions
WHERE device_id = %(device_id)s AND state = 'running';

-- running_of_client --
-- The session in which a client is.
SELECT id FROM client_records.sessions
WHERE client_id = %(client_id)s AND state = 'running';

-- insert --
-- A treatment begins.
INSERT INTO client_records.sessions
(
    id, clinic_id, appointment_id, client_id, treatment_id, practitioner_id, device_id, cartridge_lot,
    cartridge_serial, cartridge_expires_on, screening_id, consent_id, plan, details, state, started_at, started_by
)
VALUES (
    %(id)s, %(clinic_id)s, %(appointment_id)s, %(client_id)s, %(treatment_id)s, %(practitioner_id)s, %(device_id)s,
    %(cartridge_lot)s, %(cartridge_serial)s, %(cartridge_expires_on)s, %(screening_id)s, %(consent_id)s,
    %(plan)s::jsonb, %(details)s, 'running', %(started_at)s, %(started_by)s
);

-- find --
-- One session.
SELECT
    id, clinic_id, appointment_id, client_id, treatment_id, practitioner_id, device_id, cartridge_lot,
    cartridge_serial, cartridge_expires_on, screening_id, consent_id, plan, details, state, reason, note, started_at,
    started_by, ended_at, delivered
FROM client_records.sessions
WHERE id = %(id)s;

-- lock --
-- As find; steps and the end of one session come one after the other.
SELECT
    id, clinic_id, appointment_id, client_id, treatment_id, practitioner_id, device_id, cartridge_lot,
    cartridge_serial, cartridge_expires_on, screening_id, consent_id, plan, details, state, reason, note, started_at,
    started_by, ended_at, delivered
FROM client_records.sessions
WHERE id = %(id)s
FOR UPDATE;

-- of_client --
-- A client's sessions, the latest first.
SELECT
    id, clinic_id, appointment_id, client_id, treatment_id, practitioner_id, device_id, cartridge_lot,
    cartridge_serial, cartridge_expires_on, screening_id, consent_id, plan, details, state, reason, note, started_at,
    started_by, ended_at, delivered
FROM client_records.sessions
WHERE client_id = %(client_id)s AND (%(before)s::uuid IS NULL OR id < %(before)s::uuid)
ORDER BY id DESC
LIMIT %(limit)s::bigint;

-- finish --
-- Completed, or stopped with a reason.
UPDATE client_records.sessions SET
    state = %(state)s, reason = %(reason)s, note = %(note)s, ended_at = %(ended_at)s
WHERE id = %(id)s;

-- add_step --
-- A step with its evidence; the session is locked, so the next position is free.
INSERT INTO client_records.session_steps
(session_id, position, clinic_id, step, zone, lot, effective_at, evidence, recorded_at, recorded_by)
SELECT
    %(session_id)s::uuid, coalesce(max(s.position), 0) + 1 AS position, %(clinic_id)s::uuid, %(step)s::text, %(zone)s::bigint,
    %(lot)s::text, %(effective_at)s::timestamptz, %(evidence)s::bytea, %(recorded_at)s::timestamptz,
    %(recorded_by)s::uuid
FROM client_records.session_steps AS s
WHERE s.session_id = %(session_id)s::uuid;

-- steps --
-- What was done, in order.
SELECT position, step, zone, lot, effective_at, evidence, recorded_at, recorded_by
FROM client_records.session_steps
WHERE session_id = %(session_id)s
ORDER BY position;

-- keep_run --
-- What the device says it delivered.
UPDATE client_records.sessions SET delivered = %(delivered)s::jsonb
WHERE id = %(id)s;

-- exposed --
-- Everybody who was treated with a lot: the cartridge's, or a product's in a step.
SELECT
    s.id AS session_id, s.clinic_id, s.client_id, s.appointment_id, s.device_id, s.started_at,
    array_remove(ARRAY[CASE WHEN s.cartridge_lot = %(lot)s::text THEN 'cartridge' END], NULL)
    || array(
        SELECT t.step FROM client_records.session_steps AS t
        WHERE t.session_id = s.id AND t.lot = %(lot)s::text
        ORDER BY t.position
    ) AS used_as
FROM client_records.sessions AS s
WHERE
    (
        s.cartridge_lot = %(lot)s::text
        OR s.id IN (
            SELECT t.session_id FROM client_records.session_steps AS t
            WHERE t.lot = %(lot)s::text
        )
    )
    AND (%(before)s::uuid IS NULL OR s.id < %(before)s::uuid)
ORDER BY s.id DESC
LIMIT %(limit)s::bigint;
