"""Device telemetry in PostgreSQL."""
