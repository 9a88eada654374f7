"""What happens to messages; each function is part of one transaction."""
