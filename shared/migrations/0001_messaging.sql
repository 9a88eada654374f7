-- squawk-ignore-file require-table-schema
-- What every service's schema holds; search_path names the schema.
-- Rows of clinics outside the transaction's scope do not exist for it.  Unset reads as NULL, and as '' after the first
-- SET LOCAL: both see nothing.
CREATE FUNCTION in_scope(clinic_id uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(
    current_setting('needlepoint.clinics', TRUE) = '*'
    OR clinic_id::text = any(string_to_array(current_setting('needlepoint.clinics', TRUE), ',')),
    FALSE
);

-- What is still to be published.  Rows are deleted once the broker has confirmed them, so the table stays small and is
-- vacuumed by count, not by share.
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
    attempts bigint NOT NULL DEFAULT 0,
    last_error text,
    UNIQUE (subject, sequence)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
-- The few rows that the broker did not take: they hold back the later rows of their subject.
CREATE INDEX outbox_held ON outbox (subject, position) WHERE not_before IS NOT NULL;

-- Whoever writes may announce; only the relay, whose scope is every clinic, reads what others announced.
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY announced_by_anyone ON outbox FOR INSERT WITH CHECK (TRUE);
CREATE POLICY own_clinics ON outbox USING (clinic_id IS NULL OR in_scope(clinic_id));

-- The last sequence given to each subject; its row lock keeps sequence and outbox order the same.
CREATE TABLE subject_sequences (
    subject uuid PRIMARY KEY,
    last bigint NOT NULL
) WITH (fillfactor = 70);

-- Every event that was taken over from the broker, so that a second delivery changes nothing.  Kept for 35 days.
CREATE TABLE inbox (
    id uuid PRIMARY KEY,
    received_at timestamptz NOT NULL
);
CREATE INDEX inbox_received_at ON inbox USING brin (received_at);

-- The last sequence applied of each subject: an older event never overwrites a newer one.
CREATE TABLE applied (
    source text NOT NULL,
    subject uuid NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (source, subject)
) WITH (fillfactor = 70);

-- Events whose handler failed, and the later ones of the same subject that wait behind them.
-- A replayed event is one a person sent back from `parked`: nothing waits behind it.
CREATE TABLE retries (
    id uuid PRIMARY KEY,
    type text NOT NULL,
    source text NOT NULL,
    subject uuid NOT NULL,
    sequence bigint NOT NULL,
    clinic_id uuid,
    body bytea NOT NULL,
    tries bigint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    last_error text,
    replayed boolean NOT NULL DEFAULT FALSE
);
CREATE INDEX retries_in_order ON retries (source, subject, sequence);
CREATE INDEX retries_due ON retries (due_at);
ALTER TABLE retries ENABLE ROW LEVEL SECURITY;
ALTER TABLE retries FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON retries
USING (clinic_id IS NULL OR in_scope(clinic_id)) WITH CHECK (clinic_id IS NULL OR in_scope(clinic_id));

-- What waits for a person: events that cannot be read, that a rule refused, or whose tries are used up.
CREATE TABLE parked (
    id uuid PRIMARY KEY,
    event_id uuid,
    type text,
    source text,
    subject uuid,
    sequence bigint,
    clinic_id uuid,
    body bytea NOT NULL,
    reason text NOT NULL,
    error text NOT NULL,
    tries bigint NOT NULL,
    traceparent text,
    parked_at timestamptz NOT NULL
);
CREATE INDEX parked_parked_at ON parked (parked_at);
ALTER TABLE parked ENABLE ROW LEVEL SECURITY;
ALTER TABLE parked FORCE ROW LEVEL SECURITY;
CREATE POLICY own_clinics ON parked
USING (clinic_id IS NULL OR in_scope(clinic_id)) WITH CHECK (clinic_id IS NULL OR in_scope(clinic_id));

-- Who replayed or discarded what, and why.  Holds no event data.
CREATE TABLE parked_actions (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parked_id uuid NOT NULL,
    event_id uuid,
    type text,
    action text NOT NULL CHECK (action IN ('replayed', 'discarded')),
    done_by text NOT NULL,
    why text,
    done_at timestamptz NOT NULL
);

-- The event types that this service's queue was bound to last, so that a binding nobody wants any more is found.
CREATE TABLE bindings (
    type text PRIMARY KEY
);
