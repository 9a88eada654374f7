"""Why a time cannot be booked: one error a fact, each a sentence in the clinic's local time."""

from collections.abc import Callable
from datetime import datetime

from services.booking.domain import days, local_time, treatments
from services.booking.domain.situation import Situation
from shared.errors import Conflict, DomainError, Rejected


class InThePast(Rejected):
    """The time is over."""

    type = "in-the-past"
    title = "This time is over"


class TooSoon(Rejected):
    """Less notice than the clinic asks for."""

    type = "too-soon"
    title = "The clinic needs more notice"


class TooFarAhead(Rejected):
    """Later than the clinic plans."""

    type = "too-far-ahead"
    title = "The clinic does not plan that far ahead"


class OutsideHours(Rejected):
    """The clinic is closed, or nobody who may treat works then."""

    type = "outside-hours"
    title = "Outside the hours"


class BetweenSteps(Rejected):
    """Not at one of the clinic's times."""

    type = "between-steps"
    title = "Treatments do not begin at this time"


class ClientBusy(Conflict):
    """The client is somewhere else."""

    type = "client-busy"
    title = "The client has another appointment"


class ScreeningRequired(Rejected):
    """The clinic wants a screening first."""

    type = "screening-required"
    title = "A screening is needed first"


class ScreeningRefused(Rejected):
    """The screening rules this treatment out."""

    type = "screening-refused"
    title = "The screening rules this treatment out"


class ScreeningDeferred(Rejected):
    """The screening says not yet.  Carries `not_before`, null when no date is known."""

    type = "screening-deferred"
    title = "The screening says not yet"


class SkinRecovering(Rejected):
    """Too close to another session of the same skin.  Carries `not_before`."""

    type = "skin-recovering"
    title = "The skin is still recovering"


class CredentialMissing(Rejected):
    """Nobody asked for may do this, or no longer at that date."""

    type = "credential-missing"
    title = "The credential does not cover this"


class PractitionerBusy(Conflict):
    """Whoever may treat is with somebody else."""

    type = "practitioner-busy"
    title = "The practitioner is busy"


class RoomHeld(Conflict):
    """Every fitting room is taken, or being cleaned."""

    type = "room-held"
    title = "The room is taken"


class DeviceUnfit(Conflict):
    """No device may be used."""

    type = "device-unfit"
    title = "No device is fit for use"


class DeviceBusy(Conflict):
    """Every fit device is in use."""

    type = "device-busy"
    title = "The device is in use"


Sentence = Callable[[Situation, datetime, str], str]

# reason of availability -> error, and its sentence from situation, time, and time in words
_TABLE: dict[str, tuple[type[DomainError], Sentence]] = {
    "in_the_past": (InThePast, lambda _s, _t, at: f"{_capital(at)} is over."),
    "too_far_ahead": (
        TooFarAhead,
        lambda s, _t, _at: f"The clinic plans {s.clinic.horizon_days} days ahead, not further.",
    ),
    "too_soon": (
        TooSoon,
        lambda s, _t, _at: f"The clinic needs {s.clinic.lead_minutes} minutes' notice.",
    ),
    "public_holiday": (OutsideHours, lambda s, t, _at: _closed(s, t)),
    "clinic_closed": (OutsideHours, lambda s, t, _at: _closed(s, t)),
    "outside_hours": (
        OutsideHours,
        lambda s, _t, at: (
            f"The clinic is not open for all {s.treatment.duration_minutes} minutes from {at}."
        ),
    ),
    "between_steps": (
        BetweenSteps,
        lambda s, _t, _at: f"Treatments begin every {s.clinic.step_minutes} minutes.",
    ),
    "client_busy": (ClientBusy, lambda _s, _t, at: f"The client has another appointment at {at}."),
    "screening_required": (
        ScreeningRequired,
        lambda s, _t, _at: f"Do the screening for {s.treatment.name} before booking it.",
    ),
    "screening_refused": (
        ScreeningRefused,
        lambda s, _t, _at: f"The client's screening rules out {s.treatment.name}.",
    ),
    "screening_deferred": (ScreeningDeferred, lambda s, _t, _at: _deferred(s)),
    "skin_recovering": (SkinRecovering, lambda s, t, _at: _recovering(s, t)),
    "credential_missing": (CredentialMissing, lambda s, t, _at: _uncovered(s, t)),
    "practitioner_off": (OutsideHours, lambda s, _t, at: _off(s, at)),
    "practitioner_away": (OutsideHours, lambda s, t, _at: _away(s, t)),
    "practitioner_busy": (PractitionerBusy, lambda s, _t, at: f"{_who(s)} is busy at {at}."),
    "no_room": (
        RoomHeld,
        lambda s, _t, _at: f"The clinic has no room of the kind “{s.treatment.room_kind}”.",
    ),
    "room_held": (RoomHeld, lambda s, _t, at: f"{_rooms(s)} at {at}, or being cleaned."),
    "device_unfit": (
        DeviceUnfit,
        lambda s, _t, _at: f"The clinic has no {_model(s)} that is fit for use.",
    ),
    "device_offline": (
        DeviceUnfit,
        lambda s, _t, _at: f"Every {_model(s)} that is fit for use is off line. Switch one on.",
    ),
    "device_busy": (DeviceBusy, lambda _s, _t, at: f"Every fit device is in use at {at}."),
}
REASONS = tuple(_TABLE)
# What no later time of the day mends.
ABIDING = frozenset(
    {
        "screening_required",
        "screening_refused",
        "screening_deferred",
        "skin_recovering",
        "credential_missing",
        "no_room",
        "device_unfit",
        "device_offline",
    }
)


def error(situation: Situation, starts_at: datetime, reasons: list[str]) -> DomainError:
    """Return the gravest of the reasons as an error; all of them travel as `reasons`."""
    kind, _ = _TABLE[reasons[0]]
    return kind(
        sentence(situation, starts_at, reasons[0]),
        reasons=reasons,
        **_members(situation, starts_at, reasons[0]),
    )


def sentence(situation: Situation, starts_at: datetime, reason: str) -> str:
    """Return what staff read of a reason."""
    _, words = _TABLE[reason]
    return words(situation, starts_at, local_time.sentence(starts_at, situation.clinic.zone))


def recovered_by(situation: Situation, starts_at: datetime) -> datetime:
    """Return the first moment from `starts_at` on at which no session stands in the way."""
    zone, days = situation.clinic.zone, situation.treatment.interval_days
    found = starts_at
    recoveries = situation.client.recoveries if situation.client else ()
    for each in sorted(recoveries, key=lambda one: one.starts_at):
        after = treatments.recovered_at(found, days, zone)
        if found < each.recovered_at and after > each.starts_at:
            found = each.recovered_at
    return found


def _members(situation: Situation, starts_at: datetime, reason: str) -> dict[str, datetime | None]:
    if reason == "skin_recovering":
        return {"not_before": recovered_by(situation, starts_at)}
    if reason == "screening_deferred" and situation.screening:
        return {"not_before": situation.screening.not_before}
    return {}


def _closed(situation: Situation, starts_at: datetime) -> str:
    """Say what the date is, and when the clinic is open on it."""
    day = situation.clinic.calendar.on(starts_at.astimezone(situation.clinic.zone).date())
    date = local_time.date_sentence(day.day)
    if day.changed_by == "holiday":
        return f"{date} is {day.holiday}, and the clinic is closed."
    why = f" ({day.reason})" if day.reason else ""
    if not day.hours:
        return f"The clinic is closed on {date}{why}."
    return f"On {date} the clinic is open from {days.sentence(day.hours)}{why}."


def _recovering(situation: Situation, starts_at: datetime) -> str:
    day = local_time.day_sentence(recovered_by(situation, starts_at), situation.clinic.zone)
    return (
        f"Sessions are {situation.treatment.interval_days} days apart: "
        f"another one is too close. Book from {day}."
    )


def _deferred(situation: Situation) -> str:
    until = situation.screening.not_before if situation.screening else None
    if until is None:
        return "The client's screening says not yet, and names no date. Screen again first."
    day = local_time.day_sentence(until, situation.clinic.zone)
    return f"The client's screening says not before {day}."


def _uncovered(situation: Situation, starts_at: datetime) -> str:
    day = local_time.day_sentence(starts_at, situation.clinic.zone)
    who = situation.practitioners[0].name if situation.chosen else "any practitioner"
    return f"No valid credential of {who} covers {situation.treatment.name} on {day}."


def _who(situation: Situation) -> str:
    if situation.chosen:
        return situation.practitioners[0].name
    return "Every practitioner who may do this"


def _off(situation: Situation, at: str) -> str:
    if situation.chosen:
        return f"{situation.practitioners[0].name} does not work at {at}."
    return f"No practitioner who may do this works at {at}."


def _away(situation: Situation, starts_at: datetime) -> str:
    day = local_time.day_sentence(starts_at, situation.clinic.zone)
    if situation.chosen:
        return f"{situation.practitioners[0].name} is away on {day}."
    return f"Every practitioner who may do this and works then is away on {day}."


def _model(situation: Situation) -> str:
    return " or ".join(sorted(situation.treatment.device_models)) or "device"


def _rooms(situation: Situation) -> str:
    names = [room.name for room in situation.rooms]
    if len(names) == 1:
        return f"{names[0]} is taken"
    return f"Every room of the kind “{situation.treatment.room_kind}” is taken"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
