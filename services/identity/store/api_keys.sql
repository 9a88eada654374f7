-- insert --
-- A key by its SHA-256.
INSERT INTO identity.api_keys (id, clinic_id, digest, label, role, created_by, created_at, expires_at)
VALUES (
    %(id)s, %(clinic_id)s, %(digest)s, %(label)s, %(role)s, %(created_by)s, %(now)s, %(expires_at)s
);

-- page --
-- Keys of the caller's clinics, oldest first.
SELECT * FROM identity.api_keys
WHERE
    revoked_at IS NULL
    AND (%(after_id)s::uuid IS NULL OR id > %(after_id)s::uuid)
ORDER BY id
LIMIT %(limit)s::integer;

-- find --
-- A key of the caller's clinics.
SELECT * FROM identity.api_keys
WHERE id = %(id)s AND revoked_at IS NULL;

-- revoke --
-- It counts no more; the row stays to say who made it.
UPDATE identity.api_keys SET revoked_at = %(now)s
WHERE id = %(id)s AND revoked_at IS NULL;

-- use --
-- A key that counts, noting its use to the minute.
UPDATE identity.api_keys
SET last_used_at = greatest(last_used_at, date_trunc('minute', %(now)s::timestamptz))
WHERE
    digest = %(digest)s AND revoked_at IS NULL
    AND (expires_at IS NULL OR expires_at > %(now)s::timestamptz)
RETURNING *;
