"""What booking hears from the other services."""
