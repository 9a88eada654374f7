-- order_cut --
-- Repeating an order is harmless: it is the same cut.
INSERT INTO device_telemetry.cuts (device_id, clinic_id, due_at)
VALUES (%(device_id)s::uuid, %(clinic_id)s::uuid, %(at)s::timestamptz)
ON CONFLICT DO NOTHING;

-- due --
-- Oldest first, so that one that is away long starves nobody.
SELECT
    device_id,
    max(due_at) AS due_at
FROM device_telemetry.cuts
WHERE due_at <= %(until)s::timestamptz
GROUP BY device_id
ORDER BY min(due_at), device_id
LIMIT %(most)s::int;

-- done --
-- What was ordered for later stays: it is another cut.
DELETE FROM device_telemetry.cuts
WHERE device_id = any(%(device_ids)s::uuid[]) AND due_at <= %(until)s::timestamptz;
