"""What people at a clinic do with bookings; each function is part of one transaction."""
