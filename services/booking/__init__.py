"""Booking: who is treated when, where, by whom and with what.

Owns clinics, practitioners, rooms, bookable devices, treatments, availability and appointments.
Listens to clients, screenings, sessions, devices and staff.
Announces clinics, practitioners and every change of an appointment.
"""
