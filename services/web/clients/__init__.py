"""HTTP clients of the services whose answers the pages show."""
