"""The seven numbers, each beside the same weekday last week."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.headquarters.domain.worst_first import utilisation_permille

COUNTED = frozenset({"live", "silent"})  # a clinic that we do not know adds nothing


def numbers(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the seven numbers from the rows of all clinics.

    Each row has today's counts by name and last week's as `<name>_last_week`.
    """
    known = [row for row in rows if row["state"] in COUNTED]

    def total(name: str) -> int:
        return sum(row[name] for row in known)

    def pair(name: str, column: str, **more: Any) -> dict[str, Any]:
        return _number(name, "count", total(column), total(f"{column}_last_week"), **more)

    return [
        pair("bookings", "appointments"),
        _number(
            "utilisation",
            "permille",
            _utilisation(known, ""),
            _utilisation(known, "_last_week"),
        ),
        pair("no_shows", "missed"),
        _number(
            "devices_online",
            "count",
            total("devices_online"),
            total("devices_seen_last_week"),
            of=total("devices_total"),
        ),
        pair("unsafe_depth_alarms", "unsafe_depths", open=total("unsafe_depths_open")),
        pair("adverse_events", "adverse_events", open=total("adverse_events_open")),
        pair(
            "messages_delivered",
            "messages_sent",
            of=total("messages_sent") + total("messages_failed"),
        ),
    ]


def _utilisation(rows: list[Mapping[str, Any]], when: str) -> int | None:
    with_capacity = [row for row in rows if row["capacity_minutes"]]
    booked = sum(row[f"booked_minutes{when}"] for row in with_capacity)
    return utilisation_permille(booked, sum(row["capacity_minutes"] for row in with_capacity))


def _number(
    name: str, unit: str, value: int | None, last_week: int | None, **more: int
) -> dict[str, Any]:
    delta = None if value is None or last_week is None else value - last_week
    usual = {"of": None, "open": None}
    found = {"name": name, "unit": unit, "value": value, "last_week": last_week, "delta": delta}
    return found | usual | more
