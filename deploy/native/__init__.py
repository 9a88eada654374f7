"""The platform on one machine without containers: servers, secrets, ports, processes."""
