-- enter --
-- What was entered for the same cause stays as it is: a retry adds nothing.
INSERT INTO booking.ledger_entries (
    id, clinic_id, appointment_id, client_id, kind, amount_minor, currency, entered_at, entered_by, version, reference,
    reason, cause
) VALUES (
    %(id)s, %(clinic_id)s, %(appointment_id)s, %(client_id)s, %(kind)s, %(amount_minor)s, %(currency)s, %(entered_at)s,
    %(entered_by)s, %(version)s, %(reference)s, %(reason)s, %(cause)s
)
ON CONFLICT (cause) DO NOTHING;

-- of_cause --
-- What came of a cause, if it had its effect.
SELECT * FROM booking.ledger_entries
WHERE cause = %(cause)s;

-- page_of_appointment --
-- Oldest first.
SELECT * FROM booking.ledger_entries
WHERE
    appointment_id = %(appointment_id)s
    AND (
        %(entered_at)s::timestamptz IS NULL
        OR (entered_at, id) > (%(entered_at)s::timestamptz, %(id)s::uuid)
    )
ORDER BY entered_at, id
LIMIT %(limit)s;

-- page_of_client --
-- Oldest first, of all appointments at the clinic.
SELECT * FROM booking.ledger_entries
WHERE
    clinic_id = %(clinic_id)s AND client_id = %(client_id)s
    AND (
        %(entered_at)s::timestamptz IS NULL
        OR (entered_at, id) > (%(entered_at)s::timestamptz, %(id)s::uuid)
    )
ORDER BY entered_at, id
LIMIT %(limit)s;

-- balance_of_appointment --
-- What is open, a row a currency.
SELECT
    currency,
    sum(amount_minor)::bigint AS amount_minor
FROM booking.ledger_entries
WHERE appointment_id = %(appointment_id)s
GROUP BY currency
ORDER BY currency;

-- balance_of_client --
-- What is open of all appointments at the clinic, a row a currency.
SELECT
    currency,
    sum(amount_minor)::bigint AS amount_minor
FROM booking.ledger_entries
WHERE clinic_id = %(clinic_id)s AND client_id = %(client_id)s
GROUP BY currency
ORDER BY currency;

-- deposits --
-- The deposits that are still asked for, paid or not; what took one back counts as well.  While a visit is to come
-- there is nothing else that could have been waived.
SELECT
    e.currency,
    sum(e.amount_minor)::bigint AS amount_minor
FROM booking.ledger_entries AS e
LEFT JOIN booking.ledger_entries AS taken
    ON e.kind = 'reversed' AND e.appointment_id = taken.appointment_id AND e.reference = taken.id::text
WHERE
    e.appointment_id = %(appointment_id)s
    AND coalesce(taken.kind, e.kind) IN ('deposit_due', 'deposit_forfeited', 'deposit_returned', 'waived')
GROUP BY e.currency
HAVING sum(e.amount_minor) > 0
ORDER BY e.currency;

-- of_step --
-- What a step of the appointment entered, and what was waived of it since; not what is taken back already.
SELECT e.* FROM booking.ledger_entries AS e
WHERE
    e.appointment_id = %(appointment_id)s
    AND (
        (e.version = %(version)s AND e.kind <> 'reversed')
        OR (e.kind = 'waived' AND e.entered_at >= %(since)s::timestamptz)
    )
    AND NOT EXISTS (
        SELECT FROM booking.ledger_entries AS taken
        WHERE taken.appointment_id = e.appointment_id AND taken.kind = 'reversed' AND taken.reference = e.id::text
    )
ORDER BY e.entered_at, e.id;

-- forget_words --
-- Amounts stay; what people wrote beside them goes with the client's record.
UPDATE booking.ledger_entries SET reason = NULL
WHERE client_id = %(client_id)s AND reason IS NOT NULL;
