-- Days are made ahead by the timer, which owns nothing: these functions run as the owner of the schema.
-- There is no DEFAULT partition: a wild clock's rows would block the making of days.
CREATE FUNCTION device_telemetry.make_days(first date, last date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = device_telemetry, pg_temp AS $$
DECLARE
    day date := first;
    part text;
    made integer := 0;
BEGIN
    WHILE day <= last LOOP
        part := 'batches_' || to_char(day, 'YYYYMMDD');
        IF to_regclass('device_telemetry.' || part) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE device_telemetry.%I PARTITION OF device_telemetry.batches '
                'FOR VALUES FROM (%L) TO (%L) WITH (autovacuum_vacuum_insert_scale_factor = 0.5)',
                part, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00'
            );
            EXECUTE format('ALTER TABLE device_telemetry.%I ENABLE ROW LEVEL SECURITY', part);
            EXECUTE format('ALTER TABLE device_telemetry.%I FORCE ROW LEVEL SECURITY', part);
            EXECUTE format(
                'CREATE POLICY own_clinics ON device_telemetry.%I '
                'USING (device_telemetry.in_scope(clinic_id)) '
                'WITH CHECK (device_telemetry.in_scope(clinic_id))',
                part
            );
            made := made + 1;
        END IF;
        day := day + 1;
    END LOOP;
    RETURN made;
END
$$;

CREATE FUNCTION device_telemetry.drop_days(before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = device_telemetry, pg_temp AS $$
DECLARE
    part text;
    dropped integer := 0;
BEGIN
    FOR part IN
        SELECT c.relname FROM pg_inherits AS i INNER JOIN pg_class AS c ON i.inhrelid = c.oid
        WHERE i.inhparent = 'device_telemetry.batches'::regclass
        AND c.relname < 'batches_' || to_char(before, 'YYYYMMDD')
    LOOP
        EXECUTE format('DROP TABLE device_telemetry.%I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

REVOKE ALL ON FUNCTION device_telemetry.make_days(date, date) FROM public;
REVOKE ALL ON FUNCTION device_telemetry.drop_days(date) FROM public;
GRANT EXECUTE ON FUNCTION device_telemetry.make_days(date, date) TO device_telemetry_app;
GRANT EXECUTE ON FUNCTION device_telemetry.drop_days(date) TO device_telemetry_app;

SELECT device_telemetry.make_days(
    (now() AT TIME ZONE 'UTC')::date - 31, (now() AT TIME ZONE 'UTC')::date + 14
);
