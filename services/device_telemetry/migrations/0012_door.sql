-- A device may come by a certificate instead of a secret; its connection is cut when what let it in ends.
-- squawk-ignore-file constraint-missing-not-valid
-- (a device has a handful of credentials, and a few thousand rows are read in no time)
ALTER TABLE device_telemetry.credentials ADD COLUMN kind text NOT NULL DEFAULT 'secret';
ALTER TABLE device_telemetry.credentials ALTER COLUMN secret_sha256 DROP NOT NULL;
ALTER TABLE device_telemetry.credentials ADD CONSTRAINT credentials_kind_known CHECK (
    (kind = 'secret' AND secret_sha256 IS NOT NULL)
    OR (kind = 'certificate' AND secret_sha256 IS NULL)
);

-- Kept until the broker has done it, however long it is away.
CREATE TABLE device_telemetry.cuts (
    device_id uuid NOT NULL REFERENCES device_telemetry.devices (id),
    clinic_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (device_id, due_at)
);
CREATE INDEX cuts_due ON device_telemetry.cuts (due_at);
ALTER TABLE device_telemetry.cuts ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.cuts FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.cuts
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));
