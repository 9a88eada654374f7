"""What needs attention, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from services.web.domain import alarms
from services.web.domain.words import Look, day, millimetres, read_moment
from services.web.domain.zones import zone

TONES: Final = {1: "bad", 2: "warn", 3: "info"}
KINDS: Final[dict[str, tuple[str, str]]] = {
    "unsafe_depth": alarms.KINDS["depth_over_limit"],
    "adverse_event": ("Adverse event", "heart-pulse"),
    "device_unfit": ("Device not fit for use", "shield-x"),
    "credential": ("Credential runs out", "alarm-clock"),
    "messages_failed": ("Messages not delivered", "mail-check"),
}
_OF_DEVICES = frozenset({"alarm", "unsafe_depth"})
_IN_MICROMETRES = frozenset({"depth_over_limit", "unsafe_depth"})

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing to look at."""

    id: str
    look: Look
    clinic: str
    detail: str
    since: datetime
    is_seen: bool
    states: tuple[Look, ...] = ()  # of an alarm: its stop, and who has looked


def matter(row: Row, clinic: str | None) -> Matter:
    """Return an item of headquarters' list in words."""
    said, icon = _words(row)
    return Matter(
        id=str(row["id"]),
        look=Look(TONES.get(row["severity"], "info"), icon, said),
        clinic=clinic or "A clinic not known yet",
        detail=_detail(row),
        since=read_moment(row["since"]),
        is_seen=bool(row.get("acknowledged_at")),
        states=alarms.states(row["facts"]) if row["kind"] in _OF_DEVICES else (),
    )


def _words(row: Row) -> tuple[str, str]:
    kind = row["kind"]
    if kind == "alarm":
        return alarms.KINDS.get(row["facts"].get("kind"), alarms.OTHER)
    said, icon = KINDS.get(kind, ("Something to look at", "triangle-alert"))
    if kind == "adverse_event":
        return f"{said}: {row['facts'].get('severity', 'unknown')}", icon
    return said, icon


def _detail(row: Row) -> str:
    """Return the facts that decide how much it hurries."""
    facts = row["facts"]
    parts = [facts["device_name"]] if facts.get("device_name") else []
    if facts.get("zone") is not None:
        parts.append(zone(facts["zone"]))
    if row["kind"] in _IN_MICROMETRES and facts.get("value") is not None:
        parts.append(millimetres(facts["value"]))
        limit = facts.get("limit")
        parts.append(f"limit {millimetres(limit)}" if limit is not None else "no limit known")
    if facts.get("cartridge_lot"):
        parts.append(f"lot {facts['cartridge_lot']}")
    parts.extend(str(reason).replace("_", " ") for reason in facts.get("reasons", []))
    parts.extend(_ends(row))
    return " · ".join(parts)


def _ends(row: Row) -> list[str]:
    """Return by when something must be done."""
    if row["kind"] == "credential":
        until = row["facts"].get("valid_until")
        return [f"valid until {_day(until)}" if until else "no date known"]
    if row["kind"] == "messages_failed":
        return [f"on {_day(row['facts']['day'])}"] if row["facts"].get("day") else []
    return [f"answer due {day(read_moment(row['due_at']))}"] if row.get("due_at") else []


def _day(text: str) -> str:
    found = date.fromisoformat(text)
    return f"{found.day} {found:%B %Y}"
