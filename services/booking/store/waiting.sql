-- insert --
-- Nothing is inserted while the client waits for this treatment already.
INSERT INTO booking.waiting_entries (
    id, clinic_id, client_id, treatment_id, practitioner_id, weekdays, earliest_minute, latest_minute, from_day,
    until_day, notice_minutes, priority, priority_reason, appointment_id, zones, status, created_at, created_by,
    expires_at, next_look_at, version
) VALUES (
    %(id)s, %(clinic_id)s, %(client_id)s, %(treatment_id)s, %(practitioner_id)s, %(weekdays)s::bigint[],
    %(earliest_minute)s, %(latest_minute)s, %(from_day)s, %(until_day)s, %(notice_minutes)s, %(priority)s,
    %(priority_reason)s, %(appointment_id)s, %(zones)s::text[], 'waiting', %(created_at)s, %(created_by)s,
    %(expires_at)s, %(created_at)s, 1
) ON CONFLICT DO NOTHING;

-- update --
-- The row was locked by `lock`; wishes changed, so the timer looks at once, from the beginning.
UPDATE booking.waiting_entries SET
    practitioner_id = %(practitioner_id)s,
    weekdays = %(weekdays)s::bigint[],
    earliest_minute = %(earliest_minute)s,
    latest_minute = %(latest_minute)s,
    from_day = %(from_day)s,
    until_day = %(until_day)s,
    notice_minutes = %(notice_minutes)s,
    priority = %(priority)s,
    priority_reason = %(priority_reason)s,
    appointment_id = %(appointment_id)s,
    expires_at = %(expires_at)s,
    next_look_at = %(now)s,
    looked_until = NULL,
    version = version + 1
WHERE id = %(id)s;

-- enter --
-- Another status; who waits again is looked at again at once.
UPDATE booking.waiting_entries SET status = %(status)s, next_look_at = %(now)s, version = version + 1
WHERE id = %(id)s;

-- lock --
-- One change of an entry, or of its offers, at a time.  Alone, and read again afterwards: a join would still show the
-- rows from before the wait.
SELECT id FROM booking.waiting_entries
WHERE id = %(id)s
FOR NO KEY UPDATE;

-- page --
-- One entry, or a clinic's list, who came first first; with the offer that each may have.
SELECT e.*, k.time_zone, o.id AS offer_id
FROM booking.waiting_entries AS e
INNER JOIN booking.clinics AS k ON e.clinic_id = k.id
LEFT JOIN booking.place_offers AS o ON e.id = o.entry_id AND o.status = 'open'
WHERE
    (%(ids)s::uuid[] IS NULL OR e.id = any(%(ids)s::uuid[]))
    AND (%(clinic_id)s::uuid IS NULL OR e.clinic_id = %(clinic_id)s::uuid)
    AND (%(status)s::text IS NULL OR e.status = %(status)s::text)
    AND (
        %(created_at)s::timestamptz IS NULL OR (e.created_at, e.id) > (%(created_at)s::timestamptz, %(id)s::uuid)
    )
ORDER BY e.created_at, e.id
LIMIT %(limit)s;

-- line --
-- Who waits at a clinic for a place on some days, in the order of the line (domain.waiting.rank), after whom was
-- looked at already; with what they would give up, and what they were offered before.  Whose own appointment has begun,
-- or was missed, is passed by.
SELECT
    e.*,
    t.buffer_before_minutes + t.duration_minutes + t.buffer_after_minutes AS occupied_minutes,
    CASE WHEN g.status IN ('booked', 'confirmed') THEN g.id END AS gives_up_id,
    CASE WHEN g.status IN ('booked', 'confirmed') THEN g.starts_at END AS gives_up_at,
    (
        SELECT coalesce(array_agg(o.starts_at), '{}') FROM booking.place_offers AS o
        WHERE o.entry_id = e.id
    ) AS offered
FROM booking.waiting_entries AS e
INNER JOIN booking.treatments AS t ON e.treatment_id = t.id
LEFT JOIN booking.appointments AS g ON e.appointment_id = g.id
WHERE
    e.clinic_id = %(clinic_id)s AND e.status = 'waiting'
    AND (g.id IS NULL OR NOT g.status = any(%(begun)s::text[]))
    AND e.from_day <= %(last_day)s::date AND e.until_day >= %(first_day)s::date
    AND (
        %(after_id)s::uuid IS NULL
        OR (-e.priority, e.created_at, e.id)
        > (-%(after_priority)s::bigint, %(after_created_at)s::timestamptz, %(after_id)s::uuid)
    )
ORDER BY -e.priority, e.created_at, e.id
LIMIT %(limit)s;

-- to_look --
-- Those for whom nobody has looked for a while; somebody whose entry changes at this moment comes next time.
SELECT
    e.*,
    t.buffer_before_minutes + t.duration_minutes + t.buffer_after_minutes AS occupied_minutes,
    CASE WHEN g.status IN ('booked', 'confirmed') THEN g.id END AS gives_up_id,
    CASE WHEN g.status IN ('booked', 'confirmed') THEN g.starts_at END AS gives_up_at,
    (
        SELECT coalesce(array_agg(o.starts_at), '{}') FROM booking.place_offers AS o
        WHERE o.entry_id = e.id
    ) AS offered,
    g.status AS own_status,
    g.ends_at AS own_ends_at,
    k.time_zone
FROM booking.waiting_entries AS e
INNER JOIN booking.clinics AS k ON e.clinic_id = k.id
INNER JOIN booking.treatments AS t ON e.treatment_id = t.id
LEFT JOIN booking.appointments AS g ON e.appointment_id = g.id
WHERE e.status = 'waiting' AND e.next_look_at <= %(now)s
ORDER BY e.next_look_at
LIMIT %(limit)s
FOR NO KEY UPDATE OF e SKIP LOCKED;

-- looked --
-- No change that anybody sees, so the version stays.
UPDATE booking.waiting_entries SET
    next_look_at = %(next_look_at)s,
    looked_until = %(looked_until)s
WHERE id = %(id)s;

-- expire --
-- The last day that would have suited is over.
UPDATE booking.waiting_entries SET status = 'expired', version = version + 1
WHERE
    id IN (
        SELECT e.id FROM booking.waiting_entries AS e
        WHERE e.status = 'waiting' AND e.expires_at <= %(now)s
        ORDER BY e.expires_at
        LIMIT %(limit)s
        FOR NO KEY UPDATE SKIP LOCKED
    );

-- of_client --
-- What a client still waits for; locked in one order.
SELECT id FROM booking.waiting_entries
WHERE client_id = %(client_id)s AND status IN ('waiting', 'offered')
ORDER BY id
FOR NO KEY UPDATE;

-- forget_reasons --
-- Why somebody came first is said in free words, so it goes with the client's record.
UPDATE booking.waiting_entries SET priority = 0, priority_reason = NULL
WHERE client_id = %(client_id)s AND priority_reason IS NOT NULL;
