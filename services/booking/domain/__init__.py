"""The rules of booking: pure, no clock, no database, no network."""
