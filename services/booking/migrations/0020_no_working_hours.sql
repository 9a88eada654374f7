-- squawk-ignore-file ban-drop-table
-- (rotas took its place in 0012, for the processes of the release before that; nothing has read or written it since)
DROP TABLE booking.working_hours;
