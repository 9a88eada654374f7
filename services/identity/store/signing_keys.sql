-- lock --
-- Of several processes that find no key one makes it.
SELECT pg_advisory_xact_lock(hashtext('identity.signing_keys'));

-- insert --
-- The private half is sealed.
INSERT INTO identity.signing_keys (kid, private_key, public_jwk, created_at, use_from)
VALUES (%(kid)s, %(private_key)s, %(public_jwk)s, %(now)s, %(use_from)s);

-- current --
-- The youngest key whose time has come.
SELECT * FROM identity.signing_keys
WHERE use_from <= %(now)s::timestamptz AND (retire_at IS NULL OR retire_at > %(now)s::timestamptz)
ORDER BY use_from DESC, kid DESC
LIMIT 1;

-- published --
-- Keys whose tokens may still be in use, or soon will be.
SELECT
    kid,
    public_jwk
FROM identity.signing_keys
WHERE retire_at IS NULL OR retire_at > %(now)s::timestamptz
ORDER BY kid;

-- retire_others --
-- Older keys count until then.
UPDATE identity.signing_keys SET retire_at = least(retire_at, %(retire_at)s::timestamptz)
WHERE kid <> %(kid)s;
