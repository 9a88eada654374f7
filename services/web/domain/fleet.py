"""The devices of one clinic or of all, in words: may it be used, why not, and what is due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.web.domain import words
from services.web.domain.words import Look, ago, permille, whole

SOON: Final = timedelta(days=30)
AGAIN: Final = timedelta(minutes=1)  # what devices say of themselves is no event: look again
_LOW: Final = 150  # permille of a battery, as device telemetry's alarm
ANSWER_AGAIN: Final = timedelta(seconds=2)  # while it is waited for
BLINKS: Final = {
    "waiting": Look("info", "hourglass", "Asked to blink"),
    "answered": Look("good", "circle-check", "It blinks"),
    "unanswered": Look("warn", "circle-x", "Did not answer"),
}
REASONS: Final = {
    "calibration_due": "calibration overdue",
    "calibration_missing": "never calibrated",
    "depth_limit_missing": "depth limit not known",
    "firmware_withdrawn": "firmware withdrawn",
    "model_unknown": "model not known",
    "moved": "moved to another clinic",
    "retired": "retired",
    "service_due": "service overdue",
    "tolerance_missing": "tolerance not measured",
}
SHOWN: Final = {
    "used": ("In use", {}),
    "unfit": ("Not fit for use", {"fit": "false"}),
    "retired": ("Retired", {"status": "retired"}),
}
FIT: Final = Look("good", "shield-check", "Fit for use")
UNFIT: Final = Look("bad", "shield-x", "Not fit")
RETIRED: Final = Look("mute", "minus", "Retired")
TREATS: Final = Look("info", "activity", "In a treatment")
NEEDLES: Final = Look("info", "activity", "Needling")
ON_LINE: Final = Look("good", "wifi", "On line")
OFF_LINE: Final = Look("warn", "wifi-off", "Off line")
SUSPENDED: Final = Look("warn", "unplug", "Kept off line")
NEVER_HEARD: Final = Look("mute", "circle-dashed", "Never on line")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Due:
    """A date by which something has to be done to a device."""

    word: str
    tone: str
    note: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device's line."""

    id: str
    name: str
    model: str
    clinic: str
    can_blink: bool
    fitness: Look
    reasons: tuple[str, ...]
    state: Look
    heard: str
    alarms: Look | None
    calibration: Due
    service: Due
    firmware: str
    battery: str
    battery_tone: str
    minutes_today: str


def lines(rows: Sequence[Row], shown: str, now: datetime) -> tuple[Device, ...]:
    """Return devices, worst first: alarms, then unfit, then by name.  `shown` is a key of SHOWN."""
    wanted = [row for row in rows if shown == "retired" or row["status"] != "retired"]
    return tuple(line(row, now) for row in sorted(wanted, key=_badness))


def tally(found: Sequence[Device]) -> tuple[tuple[Look, int], ...]:
    """Return how many devices are how, those that there are."""
    alarmed = Look("bad", "octagon-alert", "With an alarm")
    counts = (
        (alarmed, sum(each.alarms is not None for each in found)),
        (UNFIT, sum(each.fitness == UNFIT for each in found)),
        (OFF_LINE, sum(each.state == OFF_LINE for each in found)),
        (FIT, sum(each.fitness == FIT for each in found)),
    )
    return tuple((look, count) for look, count in counts if count)


def line(row: Row, now: datetime) -> Device:
    """Return a device's line, as of `now`."""
    today = now.astimezone(ZoneInfo(row["time_zone"])).date()
    battery = row["battery_permille"]
    return Device(
        id=str(row["id"]),
        name=row["name"],
        model=f"{row['model_name']} · {row['serial']}",
        clinic=row["clinic_name"],
        can_blink=row["status"] != "retired" and bool(row["last_seen_at"]),
        fitness=_fitness(row),
        reasons=tuple(
            REASONS.get(each, str(each).replace("_", " "))
            for each in row["reasons"]
            if each != "retired"
        ),
        state=_state(row),
        heard=_heard(row, now),
        alarms=_alarms(row["open_alarms"]),
        calibration=_calibration(row, today),
        service=_due(row["service_due_on"], today),
        firmware=row["firmware"] or words.UNKNOWN,
        battery=permille(battery),
        battery_tone="warn" if battery is not None and battery < _LOW else "",
        minutes_today=f"{whole(row['minutes_today'])} min",
    )


def _badness(row: Row) -> tuple[bool, bool, str, str]:
    return not row["open_alarms"], bool(row["fit"]), str(row["name"]), str(row["id"])


def _fitness(row: Row) -> Look:
    if row["status"] == "retired":
        return RETIRED
    return FIT if row["fit"] else UNFIT


def _state(row: Row) -> Look:
    if row["status"] == "needling":
        return NEEDLES
    if row["session_id"]:
        return TREATS
    if row["suspended_until"]:
        return SUSPENDED
    if row["online"]:
        return ON_LINE
    return OFF_LINE if row["last_seen_at"] else NEVER_HEARD


def _heard(row: Row, now: datetime) -> str:
    """Return when a device that is away was last heard of, or until when it is kept away."""
    if row["suspended_until"]:
        until = words.read_moment(row["suspended_until"])
        return f"until {words.clock(until, ZoneInfo(row['time_zone']))}"
    if row["online"] or not row["last_seen_at"]:
        return ""
    said = ago(words.read_moment(row["last_seen_at"]), now)
    return "heard just now" if said == "now" else f"heard {said} ago"


def _alarms(count: int) -> Look | None:
    if not count:
        return None
    return Look("bad", "octagon-alert", "1 alarm" if count == 1 else f"{whole(count)} alarms")


def _calibration(row: Row, today: date) -> Due:
    due = _due(row["calibration_due_on"], today)
    if not row["calibration_disagrees"]:
        return due
    said = date.fromisoformat(row["said_calibrated_on"])
    note = f"{due.note}, " if due.note else ""
    other = f"{note}the device says it was done on {said.day} {said:%b %Y}"
    return replace(due, tone=due.tone or "warn", note=other)


def _due(said: str | None, today: date) -> Due:
    if not said:
        return Due("no date", "mute", "")
    on = date.fromisoformat(said)
    word = f"{on.day} {on:%b %Y}"
    if on < today:
        return Due(word, "bad", "overdue")
    return Due(word, "warn", "soon") if on - today <= SOON else Due(word, "", "")
