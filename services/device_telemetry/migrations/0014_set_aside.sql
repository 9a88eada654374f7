-- How often something was set aside, also of what is not kept itself: one device may send what is no batch for ever.
-- device_id is all zeros where no known device stands behind it; clinic_id is null then, and headquarters sees it.
-- squawk-ignore-file require-concurrent-index-creation
CREATE TABLE device_telemetry.set_aside_counts (
    device_id uuid NOT NULL,
    reason text NOT NULL,
    day date NOT NULL,
    clinic_id uuid,
    times bigint NOT NULL,
    kept_bytes bigint NOT NULL,
    PRIMARY KEY (device_id, reason, day)
);
CREATE INDEX set_aside_counts_by_age ON device_telemetry.set_aside_counts (day);
ALTER TABLE device_telemetry.set_aside_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_telemetry.set_aside_counts FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON device_telemetry.set_aside_counts
USING (device_telemetry.in_scope(clinic_id)) WITH CHECK (device_telemetry.in_scope(clinic_id));

INSERT INTO device_telemetry.set_aside_counts AS known (device_id, reason, day, clinic_id, times, kept_bytes)
SELECT
    coalesce(a.device_id, '00000000-0000-0000-0000-000000000000') AS device_id,
    a.reason,
    a.last_at::date AS day,
    a.clinic_id,
    sum(a.times) AS times,
    sum(octet_length(a.body)) AS kept_bytes
FROM device_telemetry.set_aside AS a
GROUP BY a.device_id, a.reason, a.last_at::date, a.clinic_id
ON CONFLICT (device_id, reason, day) DO NOTHING;

-- When the platform tries by itself again to store it; null: nothing would change, or a person looks first.
ALTER TABLE device_telemetry.set_aside
ADD COLUMN tries bigint NOT NULL DEFAULT 0,
ADD COLUMN again_at timestamptz;
CREATE INDEX set_aside_by_age ON device_telemetry.set_aside (last_at);
CREATE INDEX set_aside_again ON device_telemetry.set_aside (again_at) WHERE again_at IS NOT NULL;
