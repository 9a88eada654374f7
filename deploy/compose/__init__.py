"""The platform with Docker: secrets on this machine, then database and broker set-up inside."""
