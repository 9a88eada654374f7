"""Section 6 of the clinical rules: what a sign means, and by when somebody must answer and see it.

Reply and seen times are project policy; the signs are sourced.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.errors import Rejected


class SignUnknown(Rejected):
    """No row of the tables."""

    type = "sign-unknown"
    title = "There is no such sign"


class OnsetWrong(Rejected):
    """The sign began in the future or before the treatment."""

    type = "onset-wrong"
    title = "The beginning cannot be right"


class Class(StrEnum):
    """How urgent a sign is."""

    EXPECTED = "expected"
    WATCH = "watch"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @property
    def weight(self) -> int:
        """Return a number that is larger for what is more urgent."""
        return ["expected", "watch", "urgent", "emergency"].index(self.value)


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign, its class and clocks.  Zero means now."""

    id: str
    name: str
    klass: Class
    reply: timedelta
    seen: timedelta
    incident: bool = False  # opens an incident and the question whether it must be reported


_NOW = timedelta(0)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MINUTES = timedelta(minutes=15)
# What is expected needs advice only: the routine clocks.
_ADVICE = (3 * _DAY, 14 * _DAY)


def _expected(number: int, name: str) -> Sign:
    return Sign(f"AE-{number:02}", name, Class.EXPECTED, *_ADVICE)


SIGNS: tuple[Sign, ...] = (
    _expected(1, "redness like sunburn"),
    _expected(2, "swelling"),
    _expected(3, "pinpoint bleeding"),
    _expected(4, "tightness, stinging, tenderness"),
    _expected(5, "bruise"),
    _expected(6, "itching"),
    _expected(7, "dryness, flaking, peeling"),
    _expected(8, "small breakout, minor scab"),
    Sign("TRI-01", "an expected sign past its time", Class.WATCH, _DAY, 3 * _DAY),
    Sign("TRI-02", "worse after 48 hours", Class.URGENT, 2 * _HOUR, _DAY, incident=True),
    Sign("TRI-03", "pus, crust, spreading warmth", Class.URGENT, _HOUR, 8 * _HOUR, incident=True),
    Sign("TRI-04", "fever with skin signs", Class.EMERGENCY, _MINUTES, _NOW, incident=True),
    Sign("TRI-05", "grouped blisters, cold sore", Class.URGENT, 2 * _HOUR, _DAY, incident=True),
    Sign("TRI-06", "persistent red papules", Class.URGENT, _DAY, 7 * _DAY, incident=True),
    Sign("TRI-07", "hives, swollen lips, wheeze", Class.EMERGENCY, _NOW, _NOW, incident=True),
    Sign("TRI-08", "reaction to anaesthetic", Class.EMERGENCY, _NOW, _NOW, incident=True),
    Sign("TRI-09", "antiseptic in the eye", Class.EMERGENCY, _NOW, _NOW, incident=True),
    Sign("TRI-10", "grid-like scar lines", Class.WATCH, 3 * _DAY, 14 * _DAY),
    Sign("TRI-11", "new dark patches", Class.WATCH, 3 * _DAY, 14 * _DAY),
    Sign("TRI-12", "light patches, burn, numbness", Class.URGENT, _DAY, 2 * _DAY, incident=True),
    Sign("TRI-13", "tender nodes without fever", Class.WATCH, _DAY, 3 * _DAY),
    Sign("TRI-14", "raised, growing scar", Class.WATCH, 3 * _DAY, 28 * _DAY),
    Sign("TRI-15", "bleeding not stopped", Class.URGENT, _MINUTES, 8 * _HOUR, incident=True),
    Sign("TRI-16", "severe pain", Class.URGENT, _HOUR, _DAY, incident=True),
    Sign("TRI-17", "needle-stick or reused cartridge", Class.EMERGENCY, _NOW, _NOW, incident=True),
)
BY_ID: Mapping[str, Sign] = {sign.id: sign for sign in SIGNS}
NORMAL_FOR: Mapping[str, timedelta] = {
    "AE-01": 7 * _DAY,
    "AE-02": 3 * _DAY,
    "AE-03": _HOUR,
    "AE-04": 3 * _DAY,
    "AE-05": 10 * _DAY,
    "AE-06": 3 * _DAY,
    "AE-07": 7 * _DAY,
    "AE-08": 10 * _DAY,
}


@dataclass(frozen=True, slots=True)
class Triage:
    """How urgent the whole is and by when somebody answers and sees the client."""

    klass: Class
    signs: tuple[str, ...]
    reply_due_at: datetime
    seen_due_at: datetime
    incident: bool


def triage(reported: Iterable[str], ended_at: datetime | None, now: datetime) -> Triage:
    """Return the class and clocks of the signs, the shortest clock of each.

    `ended_at`: when the treatment ended; None: not known, so nothing is still within its time.
    Raises SignUnknown.
    """
    signs = [_sign(name, ended_at, now) for name in sorted(set(reported))]
    return Triage(
        klass=max((sign.klass for sign in signs), key=lambda klass: klass.weight),
        signs=tuple(sorted({sign.id for sign in signs} | set(reported))),
        reply_due_at=now + min(sign.reply for sign in signs),
        seen_due_at=now + min(sign.seen for sign in signs),
        incident=any(sign.incident for sign in signs),
    )


def require_onset(onset_at: datetime | None, now: datetime) -> None:
    """Raise OnsetWrong for a sign that begins tomorrow."""
    if onset_at is not None and onset_at > now:
        raise OnsetWrong("The sign cannot begin in the future.")


def _sign(name: str, ended_at: datetime | None, now: datetime) -> Sign:
    """Return the sign; an expected one past its time has become TRI-01."""
    sign = BY_ID.get(name)
    if sign is None:
        raise SignUnknown("One of the signs is in no table.")
    if name in NORMAL_FOR and (ended_at is None or now > ended_at + NORMAL_FOR[name]):
        return BY_ID["TRI-01"]
    return sign
