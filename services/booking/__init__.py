"""Booking: who is treated when, where, by whom and with what.

Owns clinics, practitioners and their rotas, rooms, bookable devices, treatments, availability,
appointments, courses, the waiting list, the ledger, calendars to subscribe to, and imports.
Listens to clients, screenings, sessions, adverse events, devices and staff.
Announces clinics, practitioners, places that are offered, and every change of an appointment.
"""
