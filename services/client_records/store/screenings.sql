-- insert --
-- Every screening is kept.
INSERT INTO client_records.screenings
(
    id, clinic_id, client_id, appointment_id, treatment_id, cause, rules_version, starts_at, answered_at, decided_at,
    decided_by, outcome, not_before, answers, findings
)
VALUES (
    %(id)s, %(clinic_id)s, %(client_id)s, %(appointment_id)s, %(treatment_id)s, %(cause)s, %(rules_version)s,
    %(starts_at)s, %(answered_at)s, %(decided_at)s, %(decided_by)s, %(outcome)s, %(not_before)s, %(answers)s,
    %(findings)s
);

-- find --
-- One screening.
SELECT
    id, clinic_id, client_id, appointment_id, treatment_id, cause, rules_version, starts_at, answered_at, decided_at,
    decided_by, outcome, not_before, answers, findings
FROM client_records.screenings
WHERE id = %(id)s;

-- lock --
-- As find; overrides of one screening come one after the other.
SELECT
    id, clinic_id, client_id, appointment_id, treatment_id, cause, rules_version, starts_at, answered_at, decided_at,
    decided_by, outcome, not_before, answers, findings
FROM client_records.screenings
WHERE id = %(id)s
FOR UPDATE;

-- of_client --
-- A client's screenings, the latest first.
SELECT
    id, clinic_id, client_id, appointment_id, treatment_id, cause, rules_version, starts_at, answered_at, decided_at,
    decided_by, outcome, not_before, answers, findings
FROM client_records.screenings
WHERE client_id = %(client_id)s AND (%(before)s::uuid IS NULL OR id < %(before)s::uuid)
ORDER BY id DESC
LIMIT %(limit)s::bigint;

-- latest --
-- What counts for a treatment: the last screening for this appointment, or for none in particular.
SELECT
    id, clinic_id, client_id, appointment_id, treatment_id, cause, rules_version, starts_at, answered_at, decided_at,
    decided_by, outcome, not_before, answers, findings
FROM client_records.screenings
WHERE
    client_id = %(client_id)s AND treatment_id = %(treatment_id)s
    AND (appointment_id IS NULL OR appointment_id = %(appointment_id)s::uuid)
ORDER BY answered_at DESC, decided_at DESC, id DESC
LIMIT 1;

-- decide_again --
-- After an override the outcome changes; the answers never do.
UPDATE client_records.screenings SET
    outcome = %(outcome)s, not_before = %(not_before)s, findings = %(findings)s, decided_at = %(decided_at)s
WHERE id = %(id)s;

-- lift --
-- Somebody takes a finding upon themselves; a second time only for a worse one.
INSERT INTO client_records.overrides AS known
(screening_id, rule, clinic_id, severity, reason, letter_id, lifted_by, lifted_at)
VALUES (
    %(screening_id)s, %(rule)s, %(clinic_id)s, %(severity)s, %(reason)s, %(letter_id)s, %(lifted_by)s, %(lifted_at)s
)
ON CONFLICT (screening_id, rule) DO UPDATE SET
    severity = excluded.severity, reason = excluded.reason, letter_id = excluded.letter_id,
    lifted_by = excluded.lifted_by, lifted_at = excluded.lifted_at;

-- lifted --
-- What was lifted in a screening.
SELECT rule, severity, reason, letter_id, lifted_by, lifted_at FROM client_records.overrides
WHERE screening_id = %(screening_id)s
ORDER BY rule;

-- copy_lifted --
-- The same answers at another time: what was lifted stays lifted.
INSERT INTO client_records.overrides
(screening_id, rule, clinic_id, severity, reason, letter_id, lifted_by, lifted_at)
SELECT %(other_id)s::uuid, rule, clinic_id, severity, reason, letter_id, lifted_by, lifted_at
FROM client_records.overrides
WHERE screening_id = %(one_id)s::uuid;
