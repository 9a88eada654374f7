"""A reference client for needling devices: what docs/device-protocol.md asks of a pen, and no more.

It knows nothing of the platform's code, so that it can be read, copied and rewritten in firmware.
"""
