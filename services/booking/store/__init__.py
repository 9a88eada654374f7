"""Booking's tables: the only place that knows PostgreSQL."""
