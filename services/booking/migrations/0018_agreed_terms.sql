-- What a clinic asked of its clients and when, word for word: an appointment names the version that was agreed when it
-- was booked.  Nothing here is ever rewritten.
CREATE TABLE booking.policy_versions (
    clinic_id uuid NOT NULL REFERENCES booking.clinics (id),
    version bigint NOT NULL,
    terms jsonb NOT NULL,
    PRIMARY KEY (clinic_id, version)
);
ALTER TABLE booking.policy_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking.policy_versions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON booking.policy_versions
USING (booking.in_scope(clinic_id)) WITH CHECK (booking.in_scope(clinic_id));
REVOKE UPDATE, DELETE ON booking.policy_versions FROM booking_app;

INSERT INTO booking.policy_versions (clinic_id, version, terms)
SELECT
    p.clinic_id,
    p.version,
    to_jsonb(p.*) AS terms
FROM booking.policies AS p;

-- Version 0 are the defaults of a clinic that never set a policy; null: nobody kept what was agreed, and the policy of
-- the day counts.  The price belongs to the terms, for a fee may be a share of it.
ALTER TABLE booking.appointments
ADD COLUMN policy_version bigint,
ADD COLUMN agreed_price_minor bigint,
ADD COLUMN agreed_currency text;

-- Who is booked already has the terms of today from now on.
UPDATE booking.appointments AS a SET
    policy_version = coalesce(p.version, 0),
    agreed_price_minor = t.price_minor,
    agreed_currency = t.currency
FROM booking.treatments AS t
LEFT JOIN booking.policies AS p ON t.clinic_id = p.clinic_id
WHERE a.treatment_id = t.id AND a.status IN ('booked', 'confirmed', 'arrived');
