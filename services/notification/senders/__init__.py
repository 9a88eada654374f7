"""The ways out: a letter, its envelope, and the SMTP server that takes it."""
