"""What client records hear."""
