"""Verbs of headquarters; each function is part of one transaction unless it says so."""
