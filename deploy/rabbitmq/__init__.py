"""The broker: its configuration, its plug-ins, and what must exist before a device connects."""
