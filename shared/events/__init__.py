"""What the services tell each other: one file a service, one schema a version, one example each."""
