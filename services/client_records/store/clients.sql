-- insert --
-- A new client with their key.
WITH client AS (
    INSERT INTO client_records.clients
    (id, clinic_id, sealed, email_index, phone_index, locale, version, created_at, changed_at)
    VALUES (
        %(id)s, %(clinic_id)s, %(sealed)s, %(email_index)s, %(phone_index)s, %(locale)s, 1, %(now)s, %(now)s
    )
    RETURNING id, clinic_id
)

INSERT INTO client_records.client_keys (client_id, clinic_id, wrapped)
SELECT id, clinic_id, %(wrapped)s::bytea FROM client;

-- lock_addresses --
-- Two desks that register the same person at once: the second waits and then finds the first.
SELECT pg_advisory_xact_lock(hashtextextended('client_records.clients|' || address::text, 0))
FROM unnest(%(addresses)s::text[]) AS address
ORDER BY address;

-- find --
-- A client with the key that opens it; erased clients have none.
SELECT
    c.id, c.clinic_id, c.sealed, c.locale, c.version, c.created_at, c.changed_at, c.erased_at, k.wrapped
FROM client_records.clients AS c
LEFT JOIN client_records.client_keys AS k ON c.id = k.client_id
WHERE c.id = %(id)s;

-- lock --
-- As find; nobody else changes the client meanwhile.
SELECT
    c.id, c.clinic_id, c.sealed, c.locale, c.version, c.created_at, c.changed_at, c.erased_at,
    (
        SELECT k.wrapped FROM client_records.client_keys AS k
        WHERE k.client_id = c.id
    ) AS wrapped
FROM client_records.clients AS c
WHERE c.id = %(id)s
FOR UPDATE OF c;

-- page --
-- Clients of some clinics, in the order in which they came.
SELECT
    c.id, c.clinic_id, c.sealed, c.locale, c.version, c.created_at, c.changed_at, c.erased_at, k.wrapped
FROM client_records.clients AS c
INNER JOIN client_records.client_keys AS k ON c.id = k.client_id
WHERE c.clinic_id = any(%(clinics)s::uuid[]) AND (%(after)s::uuid IS NULL OR c.id > %(after)s::uuid)
ORDER BY c.id
LIMIT %(limit)s::bigint;

-- some --
-- Named clients.
SELECT
    c.id, c.clinic_id, c.sealed, c.locale, c.version, c.created_at, c.changed_at, c.erased_at, k.wrapped
FROM client_records.clients AS c
INNER JOIN client_records.client_keys AS k ON c.id = k.client_id
WHERE c.id = any(%(ids)s::uuid[])
ORDER BY c.id;

-- by_index --
-- Clients with this address, found without reading any.
SELECT
    c.id, c.clinic_id, c.sealed, c.locale, c.version, c.created_at, c.changed_at, c.erased_at, k.wrapped
FROM client_records.clients AS c
INNER JOIN client_records.client_keys AS k ON c.id = k.client_id
WHERE
    c.clinic_id = any(%(clinics)s::uuid[])
    AND (c.email_index = any(%(indexes)s::bytea[]) OR c.phone_index = any(%(indexes)s::bytea[]))
ORDER BY c.id;

-- update --
-- The version is compared again: two desks race.
UPDATE client_records.clients SET
    sealed = %(sealed)s, email_index = %(email_index)s, phone_index = %(phone_index)s, locale = %(locale)s,
    version = version + 1, changed_at = %(now)s
WHERE id = %(id)s AND version = %(version)s
RETURNING version;

-- erase --
-- What is left says only that somebody was here.
UPDATE client_records.clients SET
    sealed = NULL, email_index = NULL, phone_index = NULL, locale = 'en', version = version + 1,
    changed_at = %(now)s, erased_at = %(now)s
WHERE id = %(id)s;
