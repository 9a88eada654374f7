"""Whether an appointment can still take place where it stands: with its own people and things."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.booking.domain import local_time, refusals
from services.booking.domain.availability import Board
from services.booking.domain.situation import Situation

# Reasons of availability that end a promise.
_KINDS = {
    "clinic_closed": "clinic_closed",
    "public_holiday": "clinic_closed",
    "outside_hours": "outside_hours",
    "credential_missing": "credential_ends",
    "practitioner_off": "practitioner_away",
    "practitioner_away": "practitioner_away",
    "device_unfit": "device_unfit",
    "device_offline": "device_unfit",
    "screening_refused": "screening_refused",
    "screening_deferred": "screening_deferred",
}
# Notice, steps, horizon, a screening first and an interval that was lengthened bind whoever books
# now; nobody else is looked at, so nobody is busy; a room that is missing is told by its name.
NO_DISRUPTION = frozenset(
    {
        "in_the_past",
        "too_soon",
        "too_far_ahead",
        "between_steps",
        "client_busy",
        "screening_required",
        "skin_recovering",
        "practitioner_busy",
        "no_room",
        "room_held",
        "device_busy",
    }
)
KINDS = (
    "clinic_closed",
    "outside_hours",
    "practitioner_left",
    "practitioner_away",
    "credential_ends",
    "room_closed",
    "device_gone",
    "device_unfit",
    "screening_refused",
    "screening_deferred",
    "course_paused",
)
UNMENDED = frozenset({"course_paused"})  # stays, wherever the appointment is put


@dataclass(frozen=True, slots=True)
class Facts:
    """What an appointment takes, with the names that staff read."""

    starts_at: datetime
    ends_at: datetime
    practitioner_id: UUID
    practitioner_name: str
    room_id: UUID
    room_name: str
    room_active: bool
    device_id: UUID | None
    device_name: str | None
    device_here: bool  # at the clinic, and not retired
    course_paused: bool = False


def kinds(facts: Facts, situation: Situation, *, clinic_active: bool) -> dict[str, str]:
    """Return what is the matter with an appointment: kind -> a sentence for staff.

    `situation` is that of its own time; the appointment itself does not stand in its way.
    """
    if not clinic_active:
        return {"clinic_closed": "The clinic takes no appointments any more."}
    found = _missing(facts, situation)
    own = _own(facts, situation)
    reasons = Board(own).reasons(facts.starts_at)
    hidden = {"practitioner_left": {"credential_ends", "practitioner_away"}}
    hidden |= {"device_gone": {"device_unfit"}}
    over = set().union(*(hidden.get(kind, set()) for kind in found))
    for reason in reasons:
        kind = kind_of(reason)
        if kind is not None and kind not in over:
            found.setdefault(kind, _sentence(reason, facts, own))
    if facts.course_paused:
        found["course_paused"] = "The course is paused until a practitioner lets it go on."
    return {kind: found[kind] for kind in KINDS if kind in found}


def kind_of(reason: str) -> str | None:
    """Return what a reason of availability is for an appointment; None for no disruption."""
    return _KINDS.get(reason)


def unmended(kinds: Iterable[str]) -> list[str]:
    """Return what is the matter with an appointment in any other place too."""
    return sorted(UNMENDED.intersection(kinds))


def _missing(facts: Facts, situation: Situation) -> dict[str, str]:
    """Return who and what is no longer there at all."""
    found = {}
    if facts.practitioner_id not in {each.id for each in situation.practitioners}:
        found["practitioner_left"] = f"{facts.practitioner_name} does not practise here any more."
    if not facts.room_active:
        found["room_closed"] = f"{facts.room_name} is closed."
    elif facts.room_id not in {each.id for each in situation.rooms}:
        kind = situation.treatment.room_kind
        found["room_closed"] = f"{facts.room_name} is not of the kind “{kind}” any more."
    if facts.device_id and situation.treatment.needs_device:
        known = {each.id for each in situation.devices}
        if not facts.device_here or facts.device_id not in known:
            found["device_gone"] = f"{facts.device_name} is not at this clinic any more."
    return found


def _own(facts: Facts, situation: Situation) -> Situation:
    """Return the situation with nobody and nothing but the appointment's own, for its own length.

    Nobody else is there, so nobody is busy.
    """
    length = (facts.ends_at - facts.starts_at) // timedelta(minutes=1)
    own = {facts.practitioner_id, facts.room_id, facts.device_id}
    return replace(
        situation,
        treatment=replace(
            situation.treatment,
            duration_minutes=length,
            needs_device=situation.treatment.needs_device and facts.device_id is not None,
        ),
        practitioners=tuple(
            replace(each, busy=()) for each in situation.practitioners if each.id in own
        ),
        rooms=tuple(replace(each, busy=()) for each in situation.rooms if each.id in own),
        devices=tuple(replace(each, busy=()) for each in situation.devices if each.id in own),
        chosen=True,
    )


def _sentence(reason: str, facts: Facts, own: Situation) -> str:
    day = local_time.day_sentence(facts.starts_at, own.clinic.zone)
    models = own.treatment.device_models
    suited = not models or any(each.model in models for each in own.devices)
    unfit = "not fit for use" if suited else f"not a {' or '.join(sorted(models))}"
    words = {
        "device_unfit": f"{facts.device_name} is {unfit}.",
        "device_offline": f"{facts.device_name} is off line.",
        "screening_refused": "The client's screening rules out this treatment.",
        "screening_deferred": f"The client's screening says not yet on {day}.",
    }
    return words.get(reason) or str(refusals.error(own, facts.starts_at, [reason]))
