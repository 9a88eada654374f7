"""The rules of a sign-in, and how a value is said to a person."""
