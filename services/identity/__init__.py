"""Identity: who works here, in which role, at which clinics, and how they prove it.

Owns staff, memberships, sign-in sessions, API keys and the keys that sign access tokens.
Listens to nothing.  Announces `identity.staff_changed.v1`.
"""
