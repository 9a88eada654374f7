"""The HTTP edge: read, call one use case, answer."""
