-- What a client owes and has paid, an entry at a time.  Positive: the client owes it.  Negative: it was paid, waived or
-- is asked for no longer.  `cause` names what an entry came of, so that a retry cannot write it twice: a step of the
-- appointment, a payment of the provider, the entry it takes back.  `version` is the appointment's, of that step.
CREATE TABLE booking.ledger_entries (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    appointment_id uuid NOT NULL REFERENCES booking.appointments (id),
    client_id uuid NOT NULL,
    kind text NOT NULL CHECK (
        kind IN (
            'deposit_due', 'deposit_paid', 'deposit_forfeited', 'deposit_returned', 'late_fee', 'no_show_fee',
            'fee_paid', 'waived', 'refunded', 'reversed'
        )
    ),
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    currency text NOT NULL,
    entered_at timestamptz NOT NULL,
    entered_by uuid,
    version bigint,
    reference text,
    reason text,
    cause text NOT NULL CONSTRAINT ledger_causes_count_once UNIQUE,
    CONSTRAINT ledger_signs CHECK (
        kind = 'reversed'
        OR (amount_minor > 0) = (kind IN ('deposit_due', 'late_fee', 'no_show_fee', 'refunded'))
    )
);
CREATE INDEX ledger_by_appointment ON booking.ledger_entries (appointment_id, entered_at, id);
CREATE INDEX ledger_by_client ON booking.ledger_entries (clinic_id, client_id, entered_at, id);
ALTER TABLE booking.ledger_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.ledger_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.ledger_entries
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));

-- Money is never rewritten.  The one change there is: a client's erasure takes the words away.
REVOKE UPDATE, DELETE ON booking.ledger_entries FROM booking_app;
GRANT UPDATE (reason) ON booking.ledger_entries TO booking_app;

CREATE FUNCTION booking.refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND new.reason IS NULL AND to_jsonb(new) - 'reason' = to_jsonb(old) - 'reason' THEN
        RETURN new;
    END IF;
    RAISE EXCEPTION 'the ledger is never changed' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER ledger_is_kept BEFORE UPDATE OR DELETE ON booking.ledger_entries
FOR EACH ROW EXECUTE FUNCTION booking.refuse_ledger_change();
CREATE TRIGGER ledger_is_not_emptied BEFORE TRUNCATE ON booking.ledger_entries
FOR EACH STATEMENT EXECUTE FUNCTION booking.refuse_ledger_change();
