"""Routes of client records."""
