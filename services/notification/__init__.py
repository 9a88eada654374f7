"""Notification: the right message, once, at the right local time.

Owns messages (what is due when, and what became of it), templates, and how a client is reached.
Listens to appointments, sessions, clinics and clients' contacts.
Announces messages that were handed over, and messages that will not arrive.
"""
