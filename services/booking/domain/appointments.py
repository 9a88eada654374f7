"""The states of an appointment and the ways between them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.booking.domain import local_time
from shared.errors import Conflict, NotFound, Rejected, Unavailable

UPCOMING = ("booked", "confirmed", "arrived")  # the client is still to be treated
HELD_FOR = timedelta(minutes=10)  # how long a hold keeps its place
OCCUPYING = frozenset({"held", "booked", "confirmed", "arrived", "in_treatment", "completed"})
MOVABLE = frozenset({"booked", "confirmed"})
# What a client was promised stands, whatever notice, horizon and grid the clinic has by now.
AGREED = frozenset({"too_soon", "too_far_ahead", "between_steps"})
UNDOABLE = frozenset({"confirmed", "arrived", "missed", "cancelled"})


class AppointmentUnknown(NotFound):
    """There is no such appointment here."""

    type = "appointment-unknown"
    title = "There is no such appointment"


class ClientUnknown(NotFound):
    """Booking has not heard of this client, or the record is closed.  Carries `retry_after_s`."""

    type = "client-unknown"
    title = "This client is not known here"


class WrongState(Conflict):
    """The appointment's state does not allow this.  Carries `state`."""

    type = "wrong-state"
    title = "The appointment's state does not allow this"


class NotYet(Conflict):
    """It has not begun yet."""

    type = "not-yet"
    title = "It is too early for this"


class TooLateToUndo(Conflict):
    """The step was taken on another day."""

    type = "too-late-to-undo"
    title = "This was done on another day"


class HoldLapsed(Conflict):
    """The hold's promise ended, or it was used."""

    type = "hold-lapsed"
    title = "The place is held no longer"


class HoldDiffers(Rejected):
    """The hold is for something else."""

    type = "hold-differs"
    title = "The hold is for something else"


class Overtaken(Exception):  # never leaves booking: caught, and tried again
    """Somebody else took the place between looking and writing."""


class TooContended(Unavailable):
    """Others kept taking what was free."""

    type = "busy"
    title = "Many people are booking at this moment"


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody does with an appointment: from which states, to which."""

    verb: str  # "so it cannot {verb}"
    states: frozenset[str]
    status: str


STEPS = {
    "confirm": Step("be confirmed", frozenset({"booked"}), "confirmed"),
    "cancel": Step("be cancelled", frozenset({"booked", "confirmed", "arrived"}), "cancelled"),
    "arrive": Step("begin", frozenset({"booked", "confirmed"}), "arrived"),
    "miss": Step("be missed", frozenset({"booked", "confirmed"}), "missed"),
    "complete": Step("be completed", frozenset({"arrived", "in_treatment"}), "completed"),
}
_WORDS = {"in_treatment": "in treatment"}


def require(step: Step, status: str) -> None:
    """Raise WrongState unless the step may be taken."""
    if status not in step.states:
        raise wrong_state(step.verb, status)


def require_missing(since: datetime, now: datetime, zone: ZoneInfo) -> None:
    """Raise NotYet before the moment from which on a client counts as missing."""
    if now < since:
        at = local_time.sentence(since, zone)
        raise NotYet(f"The client counts as missing from {at} on, not before.")


def require_same_day(done_at: datetime, now: datetime, zone: ZoneInfo) -> None:
    """Raise TooLateToUndo unless a step was taken on this day, by the clinic's clock."""
    if done_at.astimezone(zone).date() != now.astimezone(zone).date():
        day = local_time.day_sentence(done_at, zone)
        raise TooLateToUndo(f"This was done on {day}. Only what was done today can be undone.")


def too_contended() -> TooContended:
    """Return the refusal of whoever was overtaken again and again."""
    return TooContended("Many people are booking here at this moment. Try again.", retry_after_s=1)


def wrong_state(verb: str, status: str) -> WrongState:
    """Return the refusal of what a state does not allow."""
    return WrongState(
        f"The appointment is {_WORDS.get(status, status)}, so it cannot {verb}.", state=status
    )
