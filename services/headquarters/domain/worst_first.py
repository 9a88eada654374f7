"""Which clinic needs help first, and why: a score that can be explained in words."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

SILENT_AFTER = timedelta(hours=36)  # of an active clinic; a closed Sunday is not silence
_PERMILLE = 1000
FEW = 5  # with fewer appointments a share says nothing

# What weighs how much: the words are shown beside the clinic.
WEIGHTS = {
    "unsafe_depth": 1000,
    "adverse_event": 500,
    "open_alarm": 100,
    "silent": 300,
    "device_unfit": 40,
    "devices_offline": 20,
    "no_shows": 30,
    "messages_failed": 10,
}


def state(row: Mapping[str, Any], now: datetime) -> str:
    """Say whether a clinic's numbers can be trusted: live, silent, unknown or closed."""
    if row["time_zone"] is None:
        return "unknown"  # we heard something, but not what clinic this is
    if not row["active"]:
        return "closed"
    silent = row["last_heard_at"] is None or now - row["last_heard_at"] > SILENT_AFTER
    return "silent" if silent else "live"


def utilisation_permille(booked_minutes: int, capacity_minutes: int | None) -> int | None:
    """Return how much of the day is booked; None where no capacity is known."""
    if not capacity_minutes:
        return None
    return booked_minutes * _PERMILLE // capacity_minutes


def reasons(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what speaks for looking at this clinic, the heaviest first: reason, count, weight."""
    expected = row["appointments"]
    missed = row["missed"] * 5 > expected >= FEW  # more than a fifth stayed away
    counts = {
        "unsafe_depth": row["unsafe_depths_open"],
        "adverse_event": row["adverse_events_open"],
        "open_alarm": row["alarms_open"],
        "silent": int(row["state"] in {"silent", "unknown"}),
        "device_unfit": row["devices_unfit"],
        "devices_offline": row["devices_total"] - row["devices_online"],
        "no_shows": row["missed"] if missed else 0,
        "messages_failed": row["messages_failed"],
    }
    found = [
        {"reason": name, "count": count, "weight": WEIGHTS[name]}
        for name, count in counts.items()
        if count > 0
    ]
    return sorted(found, key=lambda each: -each["weight"])


def score(found: list[dict[str, Any]]) -> int:
    """Return the weight of all reasons; a second of a kind counts a tenth, so that kinds decide."""
    return sum(each["weight"] + (each["count"] - 1) * each["weight"] // 10 for each in found)
