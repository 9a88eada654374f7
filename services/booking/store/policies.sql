-- find --
-- A clinic's policy, if it ever set one.
SELECT * FROM booking.policies
WHERE clinic_id = %(clinic_id)s;

-- find_version --
-- A clinic's policy as an appointment was booked under it.
SELECT terms FROM booking.policy_versions
WHERE clinic_id = %(clinic_id)s AND version = %(version)s;

-- terms --
-- A clinic's policy and a treatment's price, in one trip.
SELECT
    p.*,
    t.price_minor,
    t.currency AS price_currency
FROM booking.treatments AS t
LEFT JOIN booking.policies AS p ON t.clinic_id = p.clinic_id
WHERE t.clinic_id = %(clinic_id)s AND t.id = %(treatment_id)s;

-- keep --
-- The clinic's row was locked before: one change of its policy at a time.  Every field is written, changed or not.
INSERT INTO booking.policies (
    clinic_id, move_notice_minutes, cancel_notice_minutes, miss_grace_minutes, late_cancel_minor, late_cancel_percent,
    no_show_minor, no_show_percent, deposit_minor, deposit_percent, currency, offer_minutes, most_self_moves, version
) VALUES (
    %(clinic_id)s, %(move_notice_minutes)s, %(cancel_notice_minutes)s, %(miss_grace_minutes)s, %(late_cancel_minor)s,
    %(late_cancel_percent)s, %(no_show_minor)s, %(no_show_percent)s, %(deposit_minor)s, %(deposit_percent)s,
    %(currency)s, %(offer_minutes)s, %(most_self_moves)s, %(version)s
)
ON CONFLICT (clinic_id) DO UPDATE SET
    move_notice_minutes = excluded.move_notice_minutes,
    cancel_notice_minutes = excluded.cancel_notice_minutes,
    miss_grace_minutes = excluded.miss_grace_minutes,
    late_cancel_minor = excluded.late_cancel_minor,
    late_cancel_percent = excluded.late_cancel_percent,
    no_show_minor = excluded.no_show_minor,
    no_show_percent = excluded.no_show_percent,
    deposit_minor = excluded.deposit_minor,
    deposit_percent = excluded.deposit_percent,
    currency = excluded.currency,
    offer_minutes = excluded.offer_minutes,
    most_self_moves = excluded.most_self_moves,
    version = excluded.version;

-- keep_version --
-- Appointments go by the policy under which they were booked: each version stays as it was.
INSERT INTO booking.policy_versions (clinic_id, version, terms)
SELECT
    p.clinic_id,
    p.version,
    to_jsonb(p.*) AS terms
FROM booking.policies AS p
WHERE p.clinic_id = %(clinic_id)s;
