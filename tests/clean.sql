-- For test databases only.  Remembers what the migrations put into tables, and brings every table back to it.
-- Triggers and foreign keys rest meanwhile: some tables refuse, on purpose, to be emptied.
CREATE SCHEMA tests;

CREATE VIEW tests.tables AS
SELECT
    n.nspname AS schema,
    c.relname AS name,
    (
        SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
        FROM pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    ) AS columns
FROM pg_class AS c
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
WHERE
    c.relkind = 'r' AND c.relname <> 'migrations'
    AND EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = n.nspname || '_owner');

CREATE TABLE tests.seeds (schema text, name text, columns text);

DO $$
DECLARE
    t record;
    filled boolean;
BEGIN
    FOR t IN SELECT * FROM tests.tables LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I)', t.schema, t.name) INTO filled;
        IF filled THEN
            INSERT INTO tests.seeds VALUES (t.schema, t.name, t.columns);
            EXECUTE format('CREATE TABLE tests.%I AS TABLE %I.%I', t.schema || '.' || t.name, t.schema, t.name);
        END IF;
    END LOOP;
END
$$;

-- Emptying a table makes its files anew, those of its indexes and, CASCADE, those of every table that refers to it: a
-- hundred times the work of deleting a test's few rows.  So only what has grown is emptied, and what the planner has
-- counted: it would go on believing in rows that are gone.  A table without pages was never written to.
-- The lock awaits a process of the last test that is still writing, so that its rows go, too.
CREATE FUNCTION tests.clean() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE
    used text[];
    grown text[];
    name text;
    t record;
BEGIN
    SELECT
        array_agg(format('%I.%I', n.nspname, c.relname)),
        array_agg(format('%I.%I', n.nspname, c.relname)) FILTER (
            WHERE pg_relation_size(c.oid) > 256 * 1024 OR c.reltuples >= 0
        )
    INTO used, grown
    FROM pg_class AS c
    INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
    WHERE
        c.relkind = 'r' AND c.relname <> 'migrations' AND pg_relation_size(c.oid) > 0
        AND EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = n.nspname || '_owner');
    IF used IS NULL THEN
        RETURN;
    END IF;
    EXECUTE 'LOCK TABLE ' || array_to_string(used, ', ') || ' IN SHARE ROW EXCLUSIVE MODE';
    IF grown IS NOT NULL THEN
        EXECUTE 'TRUNCATE ' || array_to_string(grown, ', ') || ' CASCADE';
    END IF;
    FOREACH name IN ARRAY used LOOP
        IF grown IS NULL OR name <> ALL (grown) THEN
            EXECUTE 'DELETE FROM ' || name;
        END IF;
    END LOOP;
    FOR t IN SELECT * FROM tests.seeds LOOP
        EXECUTE format(
            'INSERT INTO %I.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM tests.%I',
            t.schema, t.name, t.columns, t.columns, t.schema || '.' || t.name
        );
    END LOOP;
END
$$;
