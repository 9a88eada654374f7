"""headquarters' numbers, as the page says them.  What we do not hear is unknown, never zero."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.web.domain import words
from services.web.domain.matters import Matter, matter
from services.web.domain.sparks import Spark, spark
from services.web.domain.words import Look, ago, clock, day, delta, permille, whole

QUIET: Final = timedelta(hours=2)
_BAD, _WARN = 500, 40  # how much a reason weighs, as headquarters says it
_HEARD = frozenset({"live"})
LABELS: Final[dict[str, tuple[str, str]]] = {
    "bookings": ("Appointments", "calendar-check"),
    "utilisation": ("Time booked", "gauge"),
    "no_shows": ("No-shows", "user-x"),
    "devices_online": ("Devices on line", "wifi"),
    "unsafe_depth_alarms": ("Unsafe depth", "shield-alert"),
    "adverse_events": ("Adverse events", "heart-pulse"),
    "messages_delivered": ("Messages sent", "mail-check"),
}
REASONS: Final = {
    "unsafe_depth": "unsafe depth",
    "adverse_event": "adverse event",
    "open_alarm": "open alarm",
    "silent": "not heard",
    "device_unfit": "device unfit",
    "devices_offline": "device off line",
    "no_shows": "no-show",
    "messages_failed": "message failed",
}
STATES: Final = {
    "silent": Look("warn", "wifi-off", "Not heard"),
    "unknown": Look("mute", "circle-question-mark", "Unknown"),
    "closed": Look("mute", "minus", "Closed"),
}


@dataclass(frozen=True, slots=True)
class Number:
    """One of the seven."""

    label: str
    icon: str
    value: str
    note: str
    tone: str
    is_unknown: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a clinic, and its tone."""

    word: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic's line."""

    id: str
    name: str
    look: Look
    local_time: str
    why: str
    bookings: str
    bar: int
    utilisation: str
    spark: Spark | None
    no_shows: Cell
    devices: Cell
    alarms: Cell
    reactions: Cell
    reminders: Cell
    heard: Cell


@dataclass(frozen=True, slots=True)
class FleetPart:
    """How many devices are in a state."""

    look: Look
    count: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything on the page."""

    as_of: datetime
    as_of_words: str
    numbers: tuple[Number, ...]
    clinics: tuple[Clinic, ...]
    matters: tuple[Matter, ...]
    open_matters: int
    fleet: tuple[FleetPart, ...]
    fleet_total: str
    can_acknowledge: bool


Row = Mapping[str, Any]


def picture(
    overview: Row,
    clinics: Sequence[Row],
    attention: Sequence[Row],
    *,
    pasts: Mapping[str, Mapping[str, int]],
    can_acknowledge: bool,
    now: datetime,
) -> Picture:
    """Return what the page shows at `now`."""
    names = {str(row["clinic_id"]): row["name"] for row in clinics}
    matters = tuple(matter(each, names.get(str(each["clinic_id"]))) for each in attention)
    return Picture(
        as_of=now,
        as_of_words=f"{now:%H:%M:%S} UTC",
        numbers=tuple(number(each, now) for each in overview["numbers"]),
        clinics=tuple(clinic(row, pasts.get(str(row["clinic_id"])), now) for row in clinics),
        matters=matters,
        open_matters=sum(not each.is_seen for each in matters),
        fleet=fleet(clinics),
        fleet_total=whole(sum(row["devices_total"] for row in clinics)),
        can_acknowledge=can_acknowledge,
    )


def number(said: Row, now: datetime) -> Number:
    """Return one of the seven, with last week's beside it."""
    label, icon = LABELS.get(said["name"], (str(said["name"]), "activity"))
    value = permille(said["value"]) if said["unit"] == "permille" else whole(said["value"])
    if said.get("of"):
        value = f"{value}\u202f/\u202f{whole(said['of'])}"
    return Number(
        label=label,
        icon=icon,
        value=value,
        note=_note(said, now),
        tone=_tone(said),
        is_unknown=said["value"] is None,
    )


def clinic(row: Row, past: Mapping[str, int] | None, now: datetime) -> Clinic:
    """Return a clinic's line; `past` are its appointments by day, None when they are not known."""
    known = row["state"] in _HEARD
    zone = ZoneInfo(row["time_zone"]) if row["time_zone"] else None
    share = row["utilisation_permille"] if known else None
    return Clinic(
        id=str(row["clinic_id"]),
        name=row["name"] or "A clinic not known yet",
        look=_look(row),
        local_time=clock(now, zone) if zone else words.UNKNOWN,
        why=_why(row),
        bookings=_count(row, "appointments", known=known),
        bar=min(100, round((share or 0) / 10)),
        utilisation=permille(share),
        spark=_spark(row, past) if known else None,
        no_shows=_cell(row, "missed", known=known, tone="warn"),
        devices=_devices(row, known=known),
        alarms=_cell(row, "alarms_open", known=known, tone="bad"),
        reactions=_cell(row, "adverse_events_open", known=known, tone="bad"),
        reminders=_reminders(row, known=known),
        heard=_heard(row, now),
    )


def fleet(clinics: Sequence[Row]) -> tuple[FleetPart, ...]:
    """Return the devices of all clinics by state; none when there is no device."""
    total, online, unfit = (
        sum(row[f"devices_{name}"] for row in clinics) for name in ("total", "online", "unfit")
    )
    if not total:
        return ()
    off = total - online
    return (
        FleetPart(Look("good", "wifi", "On line"), whole(online)),
        FleetPart(Look("warn" if off else "mute", "wifi-off", "Off line"), whole(off)),
        FleetPart(Look("good", "shield-check", "Fit for use"), whole(total - unfit)),
        FleetPart(Look("bad" if unfit else "mute", "shield-x", "Not fit"), whole(unfit)),
    )


def _note(said: Row, now: datetime) -> str:
    """Return the difference to the same weekday last week, and what is open of it."""
    parts = [f"{whole(said['open'])} open"] if said.get("open") else []
    if said["delta"] is not None:
        points = said["unit"] == "permille"
        change = f"{delta(round(said['delta'] / 10))} pts" if points else delta(said["delta"])
        parts.append(f"{change} on last {day(now).split()[0][:3]}")
    return " · ".join(parts) or "last week unknown"


def _tone(said: Row) -> str:
    """Return a colour only for what is not as it should be."""
    if said["value"] is None:
        return "mute"
    if said.get("open"):
        return "bad"
    short = said.get("of") is not None and said["value"] < said["of"]
    return "warn" if short else ""


def _spark(row: Row, past: Mapping[str, int] | None) -> Spark | None:
    if past is None or not row["day"]:
        return None
    return spark(past, date.fromisoformat(row["day"]))


def _look(row: Row) -> Look:
    if row["state"] in STATES:
        return STATES[row["state"]]
    heaviest = max((each["weight"] for each in row["reasons"]), default=0)
    if heaviest >= _BAD:
        return Look("bad", "octagon-alert", "Needs help now")
    if heaviest >= _WARN:
        return Look("warn", "triangle-alert", "Needs a look")
    return Look("good", "circle-check", "All well")


def _why(row: Row) -> str:
    """Return the two heaviest reasons in words."""
    said = [
        f"{each['count']} {REASONS.get(each['reason'], each['reason'])}"
        if each["reason"] != "silent"
        else REASONS["silent"]
        for each in row["reasons"][:2]
    ]
    return ", ".join(said) or "all well"


def _count(row: Row, name: str, *, known: bool) -> str:
    return whole(row[name]) if known else words.UNKNOWN


def _cell(row: Row, name: str, *, known: bool, tone: str) -> Cell:
    if not known:
        return Cell(words.UNKNOWN, "mute")
    return Cell(whole(row[name]), tone if row[name] else "")


def _part(part: int, of: int) -> str:
    return f"{part}\u202f/\u202f{of}" if of else "0"


def _devices(row: Row, *, known: bool) -> Cell:
    if not known:
        return Cell(words.UNKNOWN, "mute")
    online, total = row["devices_online"], row["devices_total"]
    return Cell(_part(online, total), "warn" if online < total else "")


def _reminders(row: Row, *, known: bool) -> Cell:
    if not known:
        return Cell(words.UNKNOWN, "mute")
    sent, failed = row["messages_sent"], row["messages_failed"]
    return Cell(_part(sent, sent + failed), "warn" if failed else "")


def _heard(row: Row, now: datetime) -> Cell:
    if not row["last_heard_at"]:
        return Cell(words.UNKNOWN, "mute")
    at = words.read_moment(row["last_heard_at"])
    return Cell(ago(at, now), "warn" if now - at > QUIET and row["state"] != "closed" else "mute")
