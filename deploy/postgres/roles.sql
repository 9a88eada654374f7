-- Run once by a superuser in the database `needlepoint`; repeating it does no harm.
-- One schema a service.  <service>_owner owns it and cannot log in; <service>_app logs in and owns nothing;
-- needlepoint_migrator may become any owner.  Passwords are set by whoever runs this: psql variables would end up in logs.
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;
REVOKE ALL ON SCHEMA public FROM public;
GRANT USAGE ON SCHEMA public TO public;

DO $$
DECLARE
    service text;
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM public', current_database());
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'needlepoint_migrator') THEN
        CREATE ROLE needlepoint_migrator LOGIN NOINHERIT;
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO needlepoint_migrator', current_database());
    FOREACH service IN ARRAY ARRAY[
        'identity', 'booking', 'client_records', 'device_telemetry', 'notification', 'headquarters', 'web'
    ] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service || '_owner') THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', service || '_owner');
        END IF;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service || '_app') THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT', service || '_app');
        END IF;
        EXECUTE format('GRANT %I TO needlepoint_migrator', service || '_owner');
        EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', service, service || '_owner');
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), service || '_app');
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', service, service || '_app');
        EXECUTE format(
            'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I '
            'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I',
            service || '_owner', service, service || '_app'
        );
        EXECUTE format(
            'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT USAGE, SELECT ON SEQUENCES TO %I',
            service || '_owner', service, service || '_app'
        );
        EXECUTE format('ALTER ROLE %I SET search_path TO %I, public', service || '_app', service);
        EXECUTE format('ALTER ROLE %I SET statement_timeout TO %L', service || '_app', '10s');
        EXECUTE format('ALTER ROLE %I SET lock_timeout TO %L', service || '_app', '5s');
    END LOOP;
    -- Batches of readings are copied into a temporary stage first: COPY cannot skip what is there already.
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO device_telemetry_app', current_database());
END
$$;
