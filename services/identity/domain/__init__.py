"""What is true of staff, passwords and keys on paper."""
