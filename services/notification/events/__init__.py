"""What notification hears."""
