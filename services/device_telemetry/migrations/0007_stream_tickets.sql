-- A ticket opens one live stream of pens once.
CREATE TABLE device_telemetry.stream_tickets (
    sha256 bytea PRIMARY KEY,
    staff_id uuid NOT NULL,
    of_clinic uuid NOT NULL,
    of_device uuid,
    expires_at timestamptz NOT NULL
);
CREATE INDEX stream_tickets_by_age ON device_telemetry.stream_tickets (expires_at);
