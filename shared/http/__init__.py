"""The HTTP edge that every service shares: who asks, what may come in, how we answer."""
