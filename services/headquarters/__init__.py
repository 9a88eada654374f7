"""Headquarters: one live picture of all locations, made from everybody's events.

Owns read models, what needs attention, and who took care of it; nobody's source of truth.
Listens to everything.  Holds ids, numbers and device states, never a client's name or health data.
Announces nothing to services; shows browsers what changed.
"""
