-- Which course an appointment belongs to, as its booking told: one confirmation, of the first session, tells them all.
-- squawk-ignore-file require-concurrent-index-creation
-- (no appointment names a course yet: the partial index is built over nothing)
ALTER TABLE notification.appointments
ADD COLUMN course_id uuid,
ADD COLUMN course_number bigint,
ADD COLUMN course_sessions bigint;
CREATE INDEX appointments_by_course ON notification.appointments (course_id, course_number)
WHERE course_id IS NOT NULL;
