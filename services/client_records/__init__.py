"""Client records: who the clients are, and whether, how and with what result they are treated.

Owns clients, screenings, consents, sessions with their protocol, adverse events, the access log.
Listens to clinics, practitioners and appointments, to devices and their runs, and to staff changes.
Announces client, screening, consent, session and adverse-event changes; health data stays here.
"""
