-- moves --
-- How often the client moved it alone; the history is short, and its key finds it.
SELECT count(*) AS moves FROM booking.appointment_changes
WHERE appointment_id = %(id)s AND happened = 'moved' AND changed_by IS NULL AND reason = %(reason)s;

-- waits --
-- A client waits once for a treatment, whatever they would give up for it.
SELECT id FROM booking.waiting_entries
WHERE client_id = %(client_id)s AND treatment_id = %(treatment_id)s AND status IN ('waiting', 'offered');

-- revoke --
-- Links name their issue: those of an earlier one are refused from here on.
UPDATE booking.appointments SET link_issue = %(link_issue)s, version = %(version)s
WHERE id = %(id)s;
