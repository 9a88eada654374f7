"""What people at the clinic do with records.

Locks are taken in one order: appointment, client, screening, session, cartridge, and the access log
last of all, for it serialises the clinic until the commit.
"""
