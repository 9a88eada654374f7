-- keep --
-- A person signed in.
INSERT INTO web.sessions (id_hash, sealed, created_at, seen_at, token_ends_at)
VALUES (%(id_hash)s, %(sealed)s, %(now)s, %(now)s, %(token_ends_at)s);
-- find --
SELECT
    id_hash,
    sealed,
    created_at,
    seen_at,
    token_ends_at
FROM web.sessions
WHERE id_hash = %(id_hash)s;
-- lock --
-- One tab renews the tokens, the others wait for it: a refresh token used twice ends the sign-in.
SELECT
    id_hash,
    sealed,
    created_at,
    seen_at,
    token_ends_at
FROM web.sessions
WHERE id_hash = %(id_hash)s
FOR NO KEY UPDATE;
-- renew --
UPDATE web.sessions
SET sealed = %(sealed)s, token_ends_at = %(token_ends_at)s
WHERE id_hash = %(id_hash)s;
-- notice --
UPDATE web.sessions
SET seen_at = greatest(seen_at, %(now)s::timestamptz)
WHERE id_hash = %(id_hash)s;
-- drop --
DELETE FROM web.sessions
WHERE id_hash = %(id_hash)s;
-- sweep --
-- What ended by itself; whoever signs in sweeps.
DELETE FROM web.sessions
WHERE seen_at <= %(idle_since)s::timestamptz OR created_at <= %(oldest)s::timestamptz;
