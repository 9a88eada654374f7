"""What headquarters hears."""
