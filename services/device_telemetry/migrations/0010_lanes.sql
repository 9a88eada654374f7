-- Until when everything that devices said in a lane is in the database.  Whoever judges silence judges as of then:
-- while we are deaf, nobody else is silent.
CREATE TABLE device_telemetry.lanes (
    lane text PRIMARY KEY,
    drained_at timestamptz NOT NULL
);
