"""Rules of needling devices.  Pure; numpy counts as arithmetic."""
