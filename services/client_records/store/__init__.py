"""Client records in PostgreSQL; what identifies or describes a client only sealed."""
