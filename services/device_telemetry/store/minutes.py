"""Readings counted by the minute."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.device_telemetry.domain.minutes import Minute, needled, one_each
from shared.db import Transaction, queries

SQL = queries(__file__)

_FIGURES = (
    "minute",
    "samples",
    "needling_samples",
    "over_limit_samples",
    "depth_sum",
    "speed_sum",
    "depth_min_um",
    "depth_max_um",
    "current_max_ma",
    "temperature_max_cc",
)


def add(tx: Transaction, counted: Sequence[Minute], devices: Sequence[tuple[UUID, UUID]]) -> None:
    """Add minutes to what is there.  Minute.device is an index of `devices`: (device, clinic).

    The minute in which a device moved is of one of its clinics; that it needled then, of both.
    """
    if not counted:
        return
    rows = one_each(counted, [device_id for device_id, _ in devices])
    columns: dict[str, list[Any]] = {
        "device_id": [devices[each.device][0] for each in rows],
        "clinic_id": [devices[each.device][1] for each in rows],
    }
    columns |= {name: [getattr(each, name) for each in rows] for name in _FIGURES}
    tx.later(SQL["add"], columns)
    if hours := needled(counted):
        bits = {
            "device_id": [devices[each.device][0] for each in hours],
            "clinic_id": [devices[each.device][1] for each in hours],
            "hour": [each.hour for each in hours],
            "minutes": [each.minutes for each in hours],
        }
        tx.later(SQL["add_needled"], bits)


def forget(tx: Transaction, before: datetime, most: int) -> int:
    """Delete at most so many minutes before; return how many."""
    return tx.run(SQL["forget"], {"before": before, "most": most})


def forget_needled(tx: Transaction, before: datetime) -> None:
    """Forget in which minutes of hours before a device needled; the minutes themselves stay."""
    tx.run(SQL["forget_needled"], {"before": before})


def add_over_limit(tx: Transaction, device_id: UUID, counted: Sequence[Minute]) -> None:
    """Add only the samples over the limit to a device's minutes that are there."""
    if counted:
        columns = {
            "minute": [each.minute for each in counted],
            "over_limit_samples": [each.over_limit_samples for each in counted],
        }
        tx.later(SQL["add_over_limit"], {**columns, "device_id": device_id})
