"""What people do: sign in, go on working, sign out."""
