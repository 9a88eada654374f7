"""Messages and what notification remembers of others, in PostgreSQL."""
