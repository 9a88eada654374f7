-- situation --
-- All that decides about starts in [from, until), in one trip: every fact a JSON value, busy times as whole minutes
-- since 1970: all beginnings, then all ends, because two lists of numbers cost half of what many pairs do (as date_part
-- costs half of what extract does).  `except_id` is the appointment that moves: its own time does not stand in its way;
-- nor do those of `besides`, which move with it.
WITH t AS (
    SELECT * FROM booking.treatments
    WHERE clinic_id = %(clinic_id)s::uuid AND id = %(treatment_id)s::uuid
),

p AS (
    SELECT * FROM booking.practitioners
    WHERE
        clinic_id = %(clinic_id)s::uuid AND active
        AND (%(practitioner_id)s::uuid IS NULL OR id = %(practitioner_id)s::uuid)
),

r AS (
    SELECT rooms.* FROM booking.rooms AS rooms
    INNER JOIN t ON rooms.clinic_id = t.clinic_id AND rooms.kind = t.room_kind
    WHERE rooms.active
),

d AS (
    SELECT devices.* FROM booking.devices AS devices
    INNER JOIN t ON devices.clinic_id = t.clinic_id AND t.needs_device
),

c AS (
    SELECT * FROM booking.clients
    WHERE clinic_id = %(clinic_id)s::uuid AND id = %(client_id)s::uuid
),

asked AS (
    SELECT
        %(starts_from)s::timestamptz - make_interval(mins => t.buffer_before_minutes::integer) AS begins,
        %(starts_until)s::timestamptz + make_interval(
            mins => (
                CASE WHEN t.zone_minutes = '[]'::jsonb THEN t.duration_minutes ELSE 480 END
                + t.buffer_after_minutes + coalesce((SELECT max(r.turnover_minutes) FROM r), 0)
            )::integer
        ) AS ends
    FROM t
),

about AS (
    SELECT
        -- the clinic's dates, whatever its zone; a night before or after may reach in
        daterange(
            (%(starts_from)s::timestamptz AT TIME ZONE 'UTC')::date - 2,
            (%(starts_until)s::timestamptz AT TIME ZONE 'UTC')::date + 3
        ) AS dates
),

used AS (
    SELECT id FROM p
    UNION ALL
    SELECT id FROM r
    UNION ALL
    SELECT id FROM d
    UNION ALL
    SELECT id FROM c
),

busy AS (
    SELECT
        a.resource_id,
        json_build_array(
            array_agg(floor(date_part('epoch', lower(a.during)) / 60)::integer),
            array_agg(ceil(date_part('epoch', upper(a.during)) / 60)::integer)
        ) AS spans
    FROM used
    CROSS JOIN asked
    INNER JOIN booking.allocations AS a
        -- nothing lasts longer than a day: allocations_end_within_a_day
        ON
            used.id = a.resource_id
            AND lower(a.during) >= asked.begins - interval '24 hours' AND lower(a.during) < asked.ends
            AND upper(a.during) > asked.begins
    WHERE
        a.active AND a.appointment_id IS DISTINCT FROM %(except_id)s::uuid
        AND a.appointment_id <> all(%(besides)s::uuid[])
        AND (a.expires_at IS NULL OR a.expires_at > %(now)s::timestamptz)
    GROUP BY a.resource_id
)

SELECT
    (
        SELECT to_jsonb(k.*) FROM booking.clinics AS k
        WHERE k.id = %(clinic_id)s::uuid
    ) AS clinic,
    (
        SELECT jsonb_agg(to_jsonb(h.*)) FROM booking.opening_hours AS h
        WHERE h.clinic_id = %(clinic_id)s::uuid
    ) AS opening,
    (
        SELECT jsonb_agg(to_jsonb(x.*)) FROM booking.clinic_days AS x
        INNER JOIN about ON x.day >= lower(about.dates) AND x.day < upper(about.dates)
        WHERE x.clinic_id = %(clinic_id)s::uuid
    ) AS exceptions,
    (SELECT to_jsonb(t.*) FROM t) AS treatment,
    coalesce(
        %(zones)s::text[],
        (
            SELECT a.zones FROM booking.appointments AS a
            INNER JOIN t ON a.treatment_id = t.id
            WHERE a.id = %(except_id)s::uuid
        ),
        '{}'::text[]
    ) AS zones,
    (SELECT jsonb_agg(to_jsonb(p.*) ORDER BY p.name, p.id) FROM p) AS practitioners,
    (
        SELECT jsonb_agg(to_jsonb(w.*)) FROM booking.rotas AS w
        INNER JOIN about ON daterange(w.valid_from, w.valid_until, '[]') && about.dates
        WHERE w.clinic_id = %(clinic_id)s::uuid AND w.practitioner_id IN (SELECT p.id FROM p)
    ) AS rotas,
    (
        SELECT jsonb_agg(to_jsonb(e.*)) FROM booking.practitioner_days AS e
        INNER JOIN about ON e.day >= lower(about.dates) AND e.day < upper(about.dates)
        WHERE e.clinic_id = %(clinic_id)s::uuid AND e.practitioner_id IN (SELECT p.id FROM p)
    ) AS shifts,
    (
        SELECT jsonb_agg(to_jsonb(b.*)) FROM booking.absences AS b
        INNER JOIN about ON b.first_day <= upper(about.dates) AND b.last_day >= lower(about.dates)
        WHERE b.practitioner_id IN (SELECT p.id FROM p)
    ) AS absences,
    (SELECT jsonb_agg(to_jsonb(r.*) ORDER BY r.name, r.id) FROM r) AS rooms,
    (SELECT jsonb_agg(to_jsonb(d.*) ORDER BY d.name, d.id) FROM d) AS devices,
    (SELECT to_jsonb(c.*) FROM c) AS client,
    (
        SELECT
            jsonb_agg(
                jsonb_build_array(extract(EPOCH FROM v.treated_at), extract(EPOCH FROM v.recovered_at))
            ) AS spans
        FROM booking.recoveries AS v
        INNER JOIN c ON v.client_id = c.id
        INNER JOIN t ON v.recovery_group = t.recovery_group
        WHERE
            v.active AND v.recovered_at > %(starts_from)s::timestamptz
            AND v.appointment_id IS DISTINCT FROM %(except_id)s::uuid
            AND v.appointment_id <> all(%(besides)s::uuid[])
    ) AS recoveries,
    (
        SELECT jsonb_build_object('outcome', s.outcome, 'not_before', extract(EPOCH FROM s.not_before)) AS said
        FROM booking.screenings AS s
        INNER JOIN c ON s.client_id = c.id
        INNER JOIN t ON s.treatment_id = t.id
    ) AS screening,
    (
        SELECT to_jsonb(o.*) FROM booking.policies AS o
        WHERE o.clinic_id = %(clinic_id)s::uuid
    ) AS policy,
    (SELECT json_object_agg(busy.resource_id, busy.spans) FROM busy) AS busy;
