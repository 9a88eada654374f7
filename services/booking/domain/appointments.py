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
    after_start: bool = False


STEPS = {
    "confirm": Step("be confirmed", frozenset({"booked"}), "confirmed"),
    "cancel": Step("be cancelled", frozenset({"booked", "confirmed", "arrived"}), "cancelled"),
    "arrive": Step("begin", frozenset({"booked", "confirmed"}), "arrived"),
    "miss": Step("be missed", frozenset({"booked", "confirmed"}), "missed", after_start=True),
    "complete": Step("be completed", frozenset({"arrived", "in_treatment"}), "completed"),
}
_WORDS = {"in_treatment": "in treatment"}


def require(step: Step, status: str, starts_at: datetime, now: datetime, zone: ZoneInfo) -> None:
    """Raise WrongState or NotYet unless the step may be taken."""
    if status not in step.states:
        raise wrong_state(step.verb, status)
    if step.after_start and now < starts_at:
        raise NotYet(f"The appointment only begins at {local_time.sentence(starts_at, zone)}.")


def wrong_state(verb: str, status: str) -> WrongState:
    """Return the refusal of what a state does not allow."""
    return WrongState(
        f"The appointment is {_WORDS.get(status, status)}, so it cannot {verb}.", state=status
    )
