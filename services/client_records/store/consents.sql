-- insert --
-- A signed consent.
INSERT INTO client_records.consents
(
    id, clinic_id, client_id, appointment_id, treatment_id, template_version, document_sha256, signature, signed_at,
    recorded_at, recorded_by
)
VALUES (
    %(id)s, %(clinic_id)s, %(client_id)s, %(appointment_id)s, %(treatment_id)s, %(template_version)s,
    %(document_sha256)s, %(signature)s, %(signed_at)s, %(recorded_at)s, %(recorded_by)s
);

-- of_client --
-- A client's consents, the oldest first; for one appointment or all, one page or (a null limit) all.
SELECT
    id, clinic_id, client_id, appointment_id, treatment_id, template_version, document_sha256, signature, signed_at,
    recorded_at, recorded_by
FROM client_records.consents
WHERE
    client_id = %(client_id)s
    AND (%(appointment_id)s::uuid IS NULL OR appointment_id = %(appointment_id)s::uuid)
    AND (%(after)s::uuid IS NULL OR id > %(after)s::uuid)
ORDER BY id
LIMIT %(limit)s::bigint;
