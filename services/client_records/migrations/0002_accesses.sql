-- Who looked at whom, at what, and what for.  Each entry carries the hash of the one before: a changed or missing
-- entry shows.  Entries come in through record_access only, and nobody changes or removes one.
CREATE TABLE client_records.accesses (
    clinic_id uuid NOT NULL,
    position bigint NOT NULL,
    at timestamptz NOT NULL,
    actor_id uuid NOT NULL,
    action text NOT NULL,
    purpose text NOT NULL,
    client_ids uuid[] NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (clinic_id, position)
);
CREATE INDEX accesses_clients ON client_records.accesses USING gin (client_ids);
ALTER TABLE client_records.accesses ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_records.accesses FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON client_records.accesses
USING (client_records.in_scope(clinic_id)) WITH CHECK (client_records.in_scope(clinic_id));

REVOKE INSERT, UPDATE, DELETE ON client_records.accesses FROM client_records_app;

CREATE FUNCTION client_records.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the access log is never changed' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER accesses_are_kept BEFORE UPDATE OR DELETE ON client_records.accesses
FOR EACH ROW EXECUTE FUNCTION client_records.refuse_change();
CREATE TRIGGER accesses_are_not_emptied BEFORE TRUNCATE ON client_records.accesses
FOR EACH STATEMENT EXECUTE FUNCTION client_records.refuse_change();

-- The lock keeps one order of entries in each clinic until the commit: call it last in a transaction.
CREATE FUNCTION client_records.record_access(
    clinic uuid, actor uuid, action text, purpose text, clients uuid[], at timestamptz
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = client_records, pg_temp AS $$
DECLARE
    last_position bigint;
    last_hash bytea;
    entry text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('client_records.accesses|' || clinic::text, 0));
    SELECT a.position, a.hash INTO last_position, last_hash
    FROM client_records.accesses AS a WHERE a.clinic_id = clinic ORDER BY a.position DESC LIMIT 1;
    last_position := coalesce(last_position, 0) + 1;
    last_hash := coalesce(last_hash, decode(repeat('00', 32), 'hex'));
    entry := concat_ws(
        '|', clinic, last_position, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), actor, action,
        purpose, array_to_string(clients, ',')
    );
    INSERT INTO client_records.accesses VALUES (
        clinic, last_position, at, actor, action, purpose, clients, last_hash,
        sha256(last_hash || convert_to(entry, 'UTF8'))
    );
    RETURN last_position;
END
$$;
REVOKE ALL ON FUNCTION client_records.record_access(uuid, uuid, text, text, uuid[], timestamptz) FROM public;
GRANT EXECUTE ON FUNCTION client_records.record_access(uuid, uuid, text, text, uuid[], timestamptz)
TO client_records_app;
