"""What people do with staff, sign-ins and keys."""
