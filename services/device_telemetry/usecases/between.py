"""A session begins and ends between a device's readings, not amid them."""

from typing import Final
from uuid import UUID

from services.device_telemetry.store import devices, streams
from shared.db import Transaction
from shared.errors import Unavailable

TRIES: Final = 5


class DeviceStarting(Unavailable):
    """A device that starts anew all the time: later it will have settled."""

    type = "device-starting"
    title = "The device starts anew"


class _BootBegan(Exception):
    """A boot began while we waited for the device's row: its stream is not held."""


def readings(tx: Transaction, device_id: UUID) -> None:
    """Keep a device's readings out until the transaction ends; those before are committed.

    Streams are held before the device's row, as whoever stores readings does.  A boot that begins
    in between has its stream held by nobody: then everything is let go and held again.
    Raises DeviceStarting.
    """
    for _ in range(TRIES):
        try:
            with tx.savepoint():
                _hold(tx, device_id)
        except _BootBegan:
            continue
        return
    raise DeviceStarting("The device starts anew all the time.", retry_after_s=1)


def _hold(tx: Transaction, device_id: UUID) -> None:
    held = streams.hold(tx, device_id)
    devices.shut(tx, device_id)
    if streams.boots(tx, device_id) != held:
        raise _BootBegan
