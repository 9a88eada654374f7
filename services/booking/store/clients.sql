-- remember --
-- A client belongs to one clinic at a time; the record may move.
INSERT INTO booking.clients (id, clinic_id, active) VALUES (%(client_id)s, %(clinic_id)s, %(active)s)
ON CONFLICT (id) DO UPDATE SET clinic_id = excluded.clinic_id, active = excluded.active;

-- find --
-- Whether the client belongs to the clinic, and is still treated.
SELECT id, clinic_id, active FROM booking.clients
WHERE id = %(client_id)s AND clinic_id = %(clinic_id)s;

-- screened --
-- The last decision counts, in whatever order decisions arrive.
INSERT INTO booking.screenings AS known (client_id, treatment_id, clinic_id, outcome, not_before, decided_at)
VALUES (%(client_id)s, %(treatment_id)s, %(clinic_id)s, %(outcome)s, %(not_before)s, %(decided_at)s)
ON CONFLICT (client_id, treatment_id) DO UPDATE SET
    clinic_id = excluded.clinic_id,
    outcome = excluded.outcome,
    not_before = excluded.not_before,
    decided_at = excluded.decided_at
WHERE known.decided_at <= excluded.decided_at;
