"""What devices say at once: which words count, and when silence means something."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.device_telemetry.domain.readings import EARLIEST, LATEST

GRACE: Final = timedelta(seconds=5)  # between a last will and the device being counted as gone
COME_BACK: Final = timedelta(minutes=2)  # the longest pause of a device that tries to reconnect

# What must stop the needles, whatever else of its message can be read.
DANGERS: Final = frozenset({"depth_over_limit", "fault"})
# By these a repeat is known; only a danger is heeded without.
_NAME: Final = ("v", "boot_id", "seq", "at")
# What some events say nothing without.
_ABOUT: Final = {"cartridge_inserted": "cartridge", "command_done": "command_id"}
# Only the latest of each of these says how things are; the others say what happened.
_STATES: Final = (
    frozenset({"needling_started", "needling_stopped"}),
    frozenset({"cartridge_inserted", "cartridge_removed"}),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """How far we have listened to a lane, and since when without a break."""

    drained_at: datetime
    unbroken_since: datetime | None


def is_named(said: Mapping[str, Any]) -> bool:
    """Say whether an event has its own name, by which a repeat is known."""
    return all(said[name] is not None for name in _NAME)


def is_event(said: Mapping[str, Any]) -> bool:
    """Say whether an event is to be heeded, by the fields that could be read."""
    event = said["event"]
    about = _ABOUT.get(event, "event")
    return event in DANGERS or (is_named(said) and said[about] is not None)


def is_status(said: Mapping[str, Any]) -> bool:
    """Say whether a status is to be heeded, by the fields that could be read."""
    return said["v"] is not None and said["online"] is not None


def overtaken_by(event: str) -> frozenset[str]:
    """Return the events that a later one of makes this one history; none for what just happened."""
    return next((states for states in _STATES if event in states), frozenset())


def unbelievable(event: str, at: datetime, offset_ms: int, now: datetime) -> str | None:
    """Return why an event's time cannot be, `far_future` or `too_old`; None when it can.

    `offset_ms` is what to add to the device's time to have ours.  Excess depth, faults and answers
    to commands are believed whatever the clock says: a wild clock must not hide them.
    """
    if not overtaken_by(event):
        return None
    offset = timedelta(milliseconds=offset_ms)
    if at - now + min(offset, timedelta()) > LATEST:
        return "far_future"
    return "too_old" if now - at - max(offset, timedelta()) > EARLIEST else None


def silence_as_of(
    lanes: Iterable[str], heard: Mapping[str, Heard], now: datetime
) -> datetime | None:
    """Return the moment as of which silence in some lanes can be judged; None: not now.

    While we are deaf nobody is silent, nor while devices are still coming back after that.
    """
    known = [heard[lane] for lane in lanes if lane in heard]
    as_of = min([now, *(each.drained_at for each in known)])
    began = [each.unbroken_since for each in known if each.unbroken_since]
    return as_of if all(as_of - since >= COME_BACK for since in began) else None
