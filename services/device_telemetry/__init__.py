"""Device telemetry owns devices and their credentials, cartridges, readings, summaries and alarms.

It listens to sessions, clinics and staff; it announces devices, alarms and what was delivered, and
it answers the broker's question which device may connect, publish and read.
"""
