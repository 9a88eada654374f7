-- ask --
-- Only a row, so that whoever changes a clinic's hours does not wait for its appointments.
INSERT INTO booking.rechecks (clinic_id, resource_id, due_at)
VALUES (%(clinic_id)s, %(resource_id)s, %(due_at)s);

-- next --
-- What waits longest, unless another timer has it.
SELECT position, clinic_id, resource_id, second_look, starts_at, appointment_id
FROM booking.rechecks
WHERE due_at IS NULL OR due_at <= %(now)s::timestamptz
ORDER BY position
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- gather --
-- One look serves all who asked for the same; tells whether one of them asked for the first.
WITH same AS (
    SELECT position FROM booking.rechecks
    WHERE
        clinic_id = %(clinic_id)s AND resource_id IS NOT DISTINCT FROM %(resource_id)s::uuid
        AND position <> %(position)s
    FOR UPDATE SKIP LOCKED
),

gone AS (
    DELETE FROM booking.rechecks
    WHERE position IN (SELECT same.position FROM same)
    RETURNING second_look
)

SELECT coalesce(bool_or(NOT gone.second_look), FALSE) AS first_look FROM gone;

-- go_on --
-- How far we came.  It goes behind all others: a device that fails does not wait for a clinic's thousands.
UPDATE booking.rechecks SET
    position = DEFAULT,
    starts_at = %(starts_at)s, appointment_id = %(appointment_id)s, second_look = %(second_look)s
WHERE position = %(position)s;

-- later --
-- The second look begins at the first appointment again.
UPDATE booking.rechecks SET starts_at = NULL, appointment_id = NULL, second_look = TRUE, due_at = %(due_at)s
WHERE position = %(position)s;

-- finish --
DELETE FROM booking.rechecks
WHERE position = %(position)s;
