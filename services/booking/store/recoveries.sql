-- plan --
-- recoveries_never_overlap refuses a session inside another's recovery, at whatever clinic.
INSERT INTO booking.recoveries (
    appointment_id, client_id, recovery_group, during, treated_at, recovered_at, active
) VALUES (
    %(appointment_id)s, %(client_id)s, %(recovery_group)s,
    tstzrange(%(treated_at)s::timestamptz, %(recovered_at)s::timestamptz),
    %(treated_at)s, %(recovered_at)s, TRUE
);

-- forget --
-- Before an appointment takes its new place.
DELETE FROM booking.recoveries
WHERE appointment_id = %(appointment_id)s;

-- release --
-- Skin that was not treated need not recover.
UPDATE booking.recoveries SET active = FALSE
WHERE appointment_id = %(appointment_id)s AND active;

-- treated --
-- What really happened replaces what was planned, as far as the sessions before and after leave room.
WITH others AS (
    SELECT
        min(lower(during)) FILTER (WHERE lower(during) >= %(treated_at)s::timestamptz) AS next_begins,
        max(upper(during)) FILTER (WHERE lower(during) < %(treated_at)s::timestamptz) AS last_ends
    FROM booking.recoveries
    WHERE
        client_id = %(client_id)s AND recovery_group = %(recovery_group)s
        AND active AND appointment_id <> %(appointment_id)s
),

room AS (
    SELECT
        greatest(%(treated_at)s::timestamptz, last_ends) AS begins,
        least(%(recovered_at)s::timestamptz, next_begins) AS ends
    FROM others
)

INSERT INTO booking.recoveries (
    appointment_id, client_id, recovery_group, during, treated_at, recovered_at, active
)
SELECT
    %(appointment_id)s::uuid AS appointment_id,
    %(client_id)s::uuid AS client_id,
    %(recovery_group)s::text AS recovery_group,
    tstzrange(begins, greatest(begins, ends)) AS during,
    %(treated_at)s::timestamptz AS treated_at,
    %(recovered_at)s::timestamptz AS recovered_at,
    TRUE AS active
FROM room
ON CONFLICT (appointment_id) DO UPDATE SET
    during = excluded.during,
    treated_at = excluded.treated_at,
    recovered_at = excluded.recovered_at,
    active = TRUE;
