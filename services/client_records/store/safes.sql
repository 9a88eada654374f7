-- delete --
-- Erasure.
DELETE FROM client_records.client_keys
WHERE client_id = %(client_id)s;
