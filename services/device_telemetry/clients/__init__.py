"""Ways out to the broker that are not events."""
