"""Alarms of devices in words: which, what, since when, who has looked, whether it stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.web.domain.words import Look, millimetres, read_moment
from services.web.domain.zones import zone

KINDS: Final[dict[str, tuple[str, str]]] = {
    "depth_over_limit": ("Too deep", "octagon-alert"),
    "wrong_zone": ("Needling in another zone", "triangle-alert"),
    "no_session": ("Needling without a session", "triangle-alert"),
    "cartridge_reused": ("Cartridge used before", "syringe"),
    "cartridge_expired": ("Cartridge out of date", "syringe"),
    "motor_hot": ("Motor too hot", "triangle-alert"),
    "current_high": ("Motor draws too much", "triangle-alert"),
    "battery_low": ("Battery low", "unplug"),
    "silent": ("Device is silent", "wifi-off"),
    "clock_wild": ("Device clock is wrong", "clock"),
    "gap_open": ("Readings are missing", "activity"),
    "fault": ("Device reports a fault", "octagon-alert"),
}
OTHER: Final = ("Alarm of a device", "triangle-alert")
STOPPED: Final = Look("good", "circle-check", "Device has stopped")
NOT_STOPPED: Final = Look("bad", "octagon-alert", "Stop not confirmed")
LATE: Final = Look("mute", "clock", "Told late")
NOBODY: Final = Look("bad", "alarm-clock", "Nobody has looked")
NOT_YET: Final = Look("warn", "hourglass", "Not seen yet")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Alarm:
    """One open alarm as the desk shows it."""

    id: str
    look: Look
    device: str
    detail: str
    since: datetime
    states: tuple[Look, ...]
    is_seen: bool


def alarm(row: Row) -> Alarm:
    """Return an alarm of headquarters' list in words."""
    said, icon = KINDS.get(row["kind"], OTHER)
    return Alarm(
        id=str(row["alarm_id"]),
        look=Look("bad" if row["severity"] == "hard" else "warn", icon, said),
        device=row["device_name"] or "A device",
        detail=measured(row),
        since=read_moment(row["raised_at"]),
        states=states(row),
        is_seen=bool(row["acknowledged_at"]),
    )


def worst_first(rows: Sequence[Row]) -> list[Alarm]:
    """Return alarms in words: those that stop a device first, unseen before seen, then as given."""
    found = [alarm(row) for row in rows]
    return sorted(found, key=lambda each: (each.look.tone != "bad", each.is_seen))


def states(row: Row) -> tuple[Look, ...]:
    """Return what became of an alarm, or of the facts of one: its stop, and who has looked."""
    found = [LATE] if row.get("late") else []
    if row.get("stop_sent_at"):
        found.append(STOPPED if row.get("stop_confirmed_at") else NOT_STOPPED)
    if row.get("acknowledged_at"):
        by = row.get("acknowledged_by_name") or "the clinic"
        found.append(Look("info", "user-check", f"Seen by {by}"))
    else:
        found.append(NOBODY if row.get("escalated_at") else NOT_YET)
    return tuple(found)


def measured(row: Row) -> str:
    """Return where and how much, of a depth."""
    parts = [zone(row["zone"])] if row.get("zone") is not None else []
    if row["kind"] == "depth_over_limit" and row.get("value") is not None:
        limit = row.get("limit")
        parts.append(millimetres(row["value"]))
        parts.append(f"limit {millimetres(limit)}" if limit is not None else "no limit known")
    return " · ".join(parts)
