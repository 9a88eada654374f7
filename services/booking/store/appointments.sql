-- insert --
-- Who and what it takes follows in booking.allocations.
INSERT INTO booking.appointments (
    id, clinic_id, client_id, treatment_id, practitioner_id, room_id, device_id, starts_at, ends_at, status, screening,
    expires_at, version, zones, policy_version, agreed_price_minor, agreed_currency
) VALUES (
    %(id)s, %(clinic_id)s, %(client_id)s, %(treatment_id)s, %(practitioner_id)s, %(room_id)s, %(device_id)s,
    %(starts_at)s, %(ends_at)s, %(status)s, %(screening)s, %(expires_at)s, %(version)s, %(zones)s::text[],
    %(policy_version)s, %(agreed_price_minor)s, %(agreed_currency)s
);

-- update --
-- The row was locked by `lock`; every field that can change is written.
UPDATE booking.appointments SET
    client_id = %(client_id)s,
    practitioner_id = %(practitioner_id)s,
    room_id = %(room_id)s,
    device_id = %(device_id)s,
    starts_at = %(starts_at)s,
    ends_at = %(ends_at)s,
    status = %(status)s,
    screening = %(screening)s,
    expires_at = %(expires_at)s,
    version = %(version)s,
    policy_version = %(policy_version)s,
    agreed_price_minor = %(agreed_price_minor)s,
    agreed_currency = %(agreed_currency)s
WHERE id = %(id)s;

-- write_note --
-- The row was locked by `lock`.
UPDATE booking.appointments SET note = %(note)s, version = %(version)s
WHERE id = %(id)s;

-- forget_notes --
-- What people wrote about a client's visits goes with the client's record.
UPDATE booking.appointments SET note = NULL
WHERE client_id = %(client_id)s AND note IS NOT NULL;

-- forget_reasons --
-- What people gave as reasons, too; what happened when, and who did it, stays.  The platform's own words name nobody.
UPDATE booking.appointment_changes SET reason = NULL
WHERE
    appointment_id IN (
        SELECT a.id FROM booking.appointments AS a
        WHERE a.client_id = %(client_id)s
    )
    AND reason IS NOT NULL AND changed_by IS NOT NULL;

-- swap_device --
-- The device that is used instead of the one that was booked, for the same time.
UPDATE booking.allocations SET resource_id = %(used_id)s
WHERE appointment_id = %(id)s AND resource_id = %(booked_id)s AND active;

-- free_device --
-- The booked device is not used, whatever else is.
UPDATE booking.allocations SET active = FALSE
WHERE appointment_id = %(id)s AND resource_id = %(booked_id)s AND active;

-- forget_lapsed --
-- Holds that ran out stand in nobody's way.
DELETE FROM booking.allocations
WHERE resource_id = %(used_id)s AND expires_at <= %(now)s::timestamptz;

-- note --
-- The appointment's history: who changed what, when, and why.
INSERT INTO booking.appointment_changes (
    appointment_id, version, clinic_id, happened, changed, status, starts_at, changed_by, changed_at, reason
) VALUES (
    %(id)s, %(version)s, %(clinic_id)s, %(happened)s, %(changed)s::text[], %(status)s, %(starts_at)s, %(changed_by)s,
    %(changed_at)s, %(reason)s
);

-- history --
-- Oldest first.
SELECT version, happened, changed, status, starts_at, changed_by, changed_at, reason
FROM booking.appointment_changes
WHERE appointment_id = %(id)s AND (%(version)s::bigint IS NULL OR version > %(version)s::bigint)
ORDER BY version
LIMIT %(limit)s;

-- entered --
-- The last step into a state, and the state before it; what came of an undo is no step.
SELECT
    step.version,
    step.changed_at,
    (
        SELECT earlier.status FROM booking.appointment_changes AS earlier
        WHERE earlier.appointment_id = step.appointment_id AND earlier.version < step.version
        ORDER BY earlier.version DESC
        LIMIT 1
    ) AS before
FROM booking.appointment_changes AS step
WHERE step.appointment_id = %(id)s AND step.happened = %(status)s
ORDER BY step.version DESC
LIMIT 1;

-- find --
-- Whole appointments, with the names that people read.
SELECT
    a.*, t.name AS treatment_name, t.indication, p.name AS practitioner_name, r.name AS room_name, k.time_zone,
    array(
        SELECT o.kind FROM booking.disruptions AS o
        WHERE o.appointment_id = a.id AND o.resolved_at IS NULL
        ORDER BY o.kind
    ) AS disrupted
FROM booking.appointments AS a
INNER JOIN booking.clinics AS k ON a.clinic_id = k.id
INNER JOIN booking.treatments AS t ON a.treatment_id = t.id
INNER JOIN booking.practitioners AS p ON a.clinic_id = p.clinic_id AND a.practitioner_id = p.id
INNER JOIN booking.rooms AS r ON a.room_id = r.id
WHERE a.id = any(%(ids)s::uuid[])
ORDER BY a.id;

-- lock --
-- One change of an appointment at a time.  Alone, and read again afterwards: a join would still show the rows from
-- before the wait, and lose an appointment that changed its practitioner meanwhile.
SELECT id FROM booking.appointments
WHERE id = %(id)s
FOR NO KEY UPDATE;

-- page --
-- A clinic's appointments by time.  Holds are no appointments yet: they show only when they are asked for.
SELECT
    a.*, t.name AS treatment_name, t.indication, p.name AS practitioner_name, r.name AS room_name, k.time_zone,
    array(
        SELECT o.kind FROM booking.disruptions AS o
        WHERE o.appointment_id = a.id AND o.resolved_at IS NULL
        ORDER BY o.kind
    ) AS disrupted
FROM booking.appointments AS a
INNER JOIN booking.clinics AS k ON a.clinic_id = k.id
INNER JOIN booking.treatments AS t ON a.treatment_id = t.id
INNER JOIN booking.practitioners AS p ON a.clinic_id = p.clinic_id AND a.practitioner_id = p.id
INNER JOIN booking.rooms AS r ON a.room_id = r.id
WHERE
    a.clinic_id = %(clinic_id)s
    AND a.starts_at >= %(starts_from)s AND a.starts_at < %(starts_until)s
    AND (
        a.status = %(status)s::text
        OR (%(status)s::text IS NULL AND a.status NOT IN ('held', 'lapsed'))
    )
    AND (
        %(disrupted)s::boolean IS NULL
        OR %(disrupted)s::boolean = EXISTS (
            SELECT 1 FROM booking.disruptions AS o
            WHERE o.appointment_id = a.id AND o.resolved_at IS NULL
        )
    )
    AND (
        %(starts_at)s::timestamptz IS NULL OR (a.starts_at, a.id) > (%(starts_at)s::timestamptz, %(id)s::uuid)
    )
ORDER BY a.starts_at, a.id
LIMIT %(limit)s;

-- upcoming_of --
-- What is still to come for a client, or for one treatment of theirs; locked in one order.
SELECT id FROM booking.appointments
WHERE
    client_id = %(client_id)s
    AND (%(treatment_id)s::uuid IS NULL OR treatment_id = %(treatment_id)s::uuid)
    AND status = any(%(statuses)s::text[])
ORDER BY id
FOR NO KEY UPDATE;

-- release --
-- Frees whatever the appointment took.
UPDATE booking.allocations SET active = FALSE
WHERE appointment_id = %(id)s AND active;

-- release_unused --
-- Frees what a visit that is over had taken for later: who is treated early leaves the place to others.
UPDATE booking.allocations SET active = FALSE
WHERE appointment_id = %(id)s AND active AND lower(during) >= %(now)s::timestamptz;

-- forget_allocations --
-- Before an appointment takes its new place; holds that ran out on what it takes go too.
DELETE FROM booking.allocations
WHERE
    appointment_id = %(id)s
    OR (resource_id = any(%(resource_ids)s::uuid[]) AND expires_at <= %(now)s::timestamptz);

-- allocate --
-- allocations_never_overlap refuses whatever is taken.
INSERT INTO booking.allocations (appointment_id, resource_id, during, active, expires_at)
SELECT
    %(id)s::uuid AS appointment_id,
    taken.resource_id,
    tstzrange(taken.starts_at, taken.ends_at) AS during,
    TRUE AS active,
    %(expires_at)s::timestamptz AS expires_at
FROM unnest(%(resource_ids)s::uuid[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
    AS taken (resource_id, starts_at, ends_at);

-- run_out --
-- Holds whose promise ended; a hold that is being booked at this moment is left alone.
SELECT id FROM booking.appointments
WHERE status = 'held' AND expires_at <= %(now)s
ORDER BY expires_at
LIMIT %(limit)s
FOR NO KEY UPDATE SKIP LOCKED;

-- taken_by --
-- Whom and what to lock before these appointments let go of them.
SELECT DISTINCT resource_id FROM booking.allocations
WHERE appointment_id = any(%(ids)s::uuid[]);
