-- What every service's schema holds; search_path names the schema.
-- Rows of clinics outside the transaction's scope do not exist for it.  Unset reads as NULL, and as '' after the first
-- SET LOCAL: both see nothing.
CREATE FUNCTION in_scope(clinic_id uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(
    current_setting('needlepoint.clinics', true) = '*'
    OR clinic_id::text = any(string_to_array(current_setting('needlepoint.clinics', true), ',')),
    false
);

-- What is still to be published.  Rows are deleted once the broker has confirmed them.
CREATE TABLE outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    type text NOT NULL,
    subject uuid NOT NULL,
    clinic_id uuid,
    sequence bigint NOT NULL,
    time timestamptz NOT NULL,
    data jsonb NOT NULL,
    traceparent text,
    not_before timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    UNIQUE (subject, sequence)
);

-- The last sequence given to each subject; its row lock keeps sequence and outbox order the same.
CREATE TABLE subject_sequences (
    subject uuid PRIMARY KEY,
    last bigint NOT NULL
) WITH (fillfactor = 70);
