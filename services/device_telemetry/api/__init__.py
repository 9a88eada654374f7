"""Routes of device telemetry."""
