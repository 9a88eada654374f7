-- insert --
-- A sign-in.
INSERT INTO identity.sessions (id, staff_id, created_at, expires_at)
VALUES (%(id)s, %(staff_id)s, %(now)s, %(expires_at)s);

-- issue --
-- The next refresh token of a sign-in.
INSERT INTO identity.refresh_tokens (digest, session_id, issued_at)
VALUES (%(digest)s, %(session_id)s, %(now)s);

-- lock_token --
-- Of two uses of one token at the same moment the second sees the first.
SELECT
    t.session_id,
    t.used_at,
    s.staff_id,
    s.expires_at,
    s.ended_at
FROM identity.refresh_tokens AS t
INNER JOIN identity.sessions AS s ON t.session_id = s.id
WHERE t.digest = %(digest)s
FOR UPDATE;

-- use --
-- A refresh token counts once.
UPDATE identity.refresh_tokens SET used_at = %(now)s
WHERE digest = %(digest)s;

-- end_session --
-- Nothing of this family counts any more.
UPDATE identity.sessions SET ended_at = %(now)s, ended_because = %(why)s
WHERE id = %(id)s AND ended_at IS NULL;

-- end_sessions_of --
-- Every sign-in of a person.
UPDATE identity.sessions SET ended_at = %(now)s, ended_because = %(why)s
WHERE staff_id = %(staff_id)s AND ended_at IS NULL;

-- forget_old --
-- Sign-ins that ended long ago, a few at a time.
DELETE FROM identity.sessions
WHERE id IN (
    SELECT s.id FROM identity.sessions AS s
    WHERE s.expires_at < %(before)s
    ORDER BY s.expires_at
    LIMIT 100
    FOR UPDATE SKIP LOCKED
);
