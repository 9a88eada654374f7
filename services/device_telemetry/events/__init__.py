"""What device telemetry hears of other services."""
