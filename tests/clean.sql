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

CREATE FUNCTION tests.clean() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE
    t record;
    filled boolean;
    dirty text[] := '{}';
BEGIN
    FOR t IN SELECT * FROM tests.tables LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I)', t.schema, t.name) INTO filled;
        IF filled THEN
            dirty := dirty || format('%I.%I', t.schema, t.name);
        END IF;
    END LOOP;
    IF dirty <> '{}' THEN
        EXECUTE 'TRUNCATE ' || array_to_string(dirty, ', ') || ' CASCADE';
    END IF;
    FOR t IN SELECT * FROM tests.seeds LOOP
        EXECUTE format(
            'INSERT INTO %I.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM tests.%I',
            t.schema, t.name, t.columns, t.columns, t.schema || '.' || t.name
        );
    END LOOP;
END
$$;
