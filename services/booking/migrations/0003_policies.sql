-- What a clinic asks of whoever moves, cancels or stays away.  A clinic without a row has the defaults of
-- domain/policies.py: a day's notice, and no fee for anything.  A fee is an amount in minor units or a share of the
-- price in percent; neither: nothing is charged.
CREATE TABLE booking.policies (
    clinic_id uuid PRIMARY KEY REFERENCES booking.clinics (id),
    move_notice_minutes bigint NOT NULL CHECK (move_notice_minutes >= 0),
    cancel_notice_minutes bigint NOT NULL CHECK (cancel_notice_minutes >= 0),
    miss_grace_minutes bigint NOT NULL CHECK (miss_grace_minutes >= 0),
    late_cancel_minor bigint CHECK (late_cancel_minor > 0),
    late_cancel_percent bigint CHECK (late_cancel_percent BETWEEN 1 AND 100),
    no_show_minor bigint CHECK (no_show_minor > 0),
    no_show_percent bigint CHECK (no_show_percent BETWEEN 1 AND 100),
    deposit_minor bigint CHECK (deposit_minor > 0),
    deposit_percent bigint CHECK (deposit_percent BETWEEN 1 AND 100),
    currency text,
    offer_minutes bigint NOT NULL CHECK (offer_minutes > 0),
    most_self_moves bigint NOT NULL CHECK (most_self_moves >= 0),
    version bigint NOT NULL,
    CONSTRAINT late_cancel_is_amount_or_share CHECK (late_cancel_minor IS NULL OR late_cancel_percent IS NULL),
    CONSTRAINT no_show_is_amount_or_share CHECK (no_show_minor IS NULL OR no_show_percent IS NULL),
    CONSTRAINT deposit_is_amount_or_share CHECK (deposit_minor IS NULL OR deposit_percent IS NULL),
    CONSTRAINT amounts_have_a_currency CHECK (
        currency IS NOT NULL OR coalesce(late_cancel_minor, no_show_minor, deposit_minor) IS NULL
    )
);
ALTER TABLE booking.policies ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.policies FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.policies
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));
