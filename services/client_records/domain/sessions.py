"""A treatment from start to end, and everything that must be true before it starts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.client_records.domain.findings import Outcome
from services.client_records.domain.screenings import Decision
from shared.errors import Conflict, Forbidden, NotFound, Rejected


class AppointmentUnknown(NotFound):
    """No such appointment is known here."""

    type = "appointment-unknown"
    title = "There is no such appointment"


class NotArrived(Conflict):
    """The client has not been checked in."""

    type = "not-arrived"
    title = "The client is not checked in"


class PractitionerDiffers(Forbidden):
    """Somebody would treat on a credential that is neither theirs nor the appointment's."""

    type = "practitioner-differs"
    title = "This treatment is somebody else's"


class ScreeningRequired(Conflict):
    """The screening is missing, old, or waits for a clinician."""

    type = "screening-required"
    title = "The screening is not done"


class ScreeningRefused(Conflict):
    """The screening says not now, or not at all."""

    type = "screening-refused"
    title = "The screening stands against the treatment"


class DeviceUnfit(Conflict):
    """The device may not be used, or nobody knows whether."""

    type = "device-unfit"
    title = "The device is not fit for use"


class DeviceBusy(Conflict):
    """A device is in use: in another session, or every fit one then.  May carry `session_id`."""

    type = "device-busy"
    title = "The device is in use"


class ClientBusy(Conflict):
    """The client is in another session, or has another appointment.  May carry `session_id`."""

    type = "client-busy"
    title = "The client has another appointment"


class CartridgeExpired(Rejected):
    """The cartridge is past its date."""

    type = "cartridge-expired"
    title = "The cartridge is out of date"


class CartridgeUsed(Conflict):
    """One cartridge, one client, one session, for ever."""

    type = "cartridge-used"
    title = "The cartridge was used before"


class SessionExists(Conflict):
    """The appointment has had its session."""

    type = "session-exists"
    title = "This treatment was started already"


class SessionUnknown(NotFound):
    """There is no such session, or not at this clinic."""

    type = "session-unknown"
    title = "There is no such session"


class SessionOver(Conflict):
    """The session was completed or stopped."""

    type = "session-over"
    title = "This treatment is over"


class State(StrEnum):
    """Where a session stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"


STOP_REASONS = (
    "client_distress",
    "bleeding",
    "blanching",
    "wheal",
    "depth_alarm",
    "device_fault",
    "anaesthetic_reaction",
    "other",
)
FRESH = timedelta(hours=24)  # the third screening is the one at check-in


@dataclass(frozen=True, slots=True)
class Cartridge:
    """The needle cartridge: sterile, for one session."""

    lot: str
    serial: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class Device:
    """What is known of a device's fitness."""

    id: UUID
    clinic_id: UUID
    name: str
    model: str
    fit: bool
    reasons: tuple[str, ...]


def require_practitioner(wanted: UUID, by: UUID, booked: UUID) -> None:
    """Raise PractitionerDiffers unless the caller treats, or whom the client is booked with."""
    if wanted not in {by, booked}:
        raise PractitionerDiffers(
            "Start the treatment as the practitioner who gives it, or as the one it is booked with."
        )


def require_arrived(status: str) -> None:
    """Raise NotArrived unless the client is here and the treatment has not ended."""
    if status not in {"arrived", "in_treatment"}:
        raise NotArrived("The client is not checked in for this appointment: check them in first.")


def require_screened(decided_at: datetime | None, now: datetime) -> None:
    """Raise ScreeningRequired unless the questions were asked for today's visit."""
    if decided_at is None:
        raise ScreeningRequired("The screening for this treatment has not been answered.")
    if now - decided_at > FRESH:
        raise ScreeningRequired(
            "The last screening is more than a day old: ask the questions again at check-in."
        )


def require_clear(decision: Decision) -> None:
    """Raise ScreeningRequired or ScreeningRefused unless the decision is clear."""
    rules = sorted({each.rule for each in decision.findings if not each.lifted})
    if decision.outcome is Outcome.REVIEW:
        raise ScreeningRequired(
            "The screening waits for a clinician's decision.", outcome="review", rules=rules
        )
    if decision.outcome is Outcome.DEFER and decision.not_before:
        raise ScreeningRefused(
            f"By the screening the treatment may not start before "
            f"{decision.not_before:%d %B %Y %H:%M} UTC.",
            outcome="defer",
            not_before=decision.not_before.isoformat(),
            rules=rules,
        )
    if decision.outcome is not Outcome.CLEAR:
        raise ScreeningRefused(
            "The screening stands against the treatment.", outcome="refuse", rules=rules
        )


def require_fit(device: Device | None, clinic_id: UUID) -> Device:
    """Return a device of the clinic that may be used.  Raises DeviceUnfit."""
    if device is None or device.clinic_id != clinic_id:
        raise DeviceUnfit("This device is not known at this clinic.")
    if not device.fit:
        raise DeviceUnfit(f"{device.name} may not be used now.", reasons=list(device.reasons))
    return device


def require_free_device(device: Device, session_id: UUID | None) -> None:
    """Raise DeviceBusy when a session, `session_id`, still runs with the device."""
    if session_id is not None:
        raise DeviceBusy(
            f"Another treatment runs with {device.name}: end it first, or take another device.",
            session_id=str(session_id),
        )


def require_free_client(session_id: UUID | None) -> None:
    """Raise ClientBusy when the client is in a session, `session_id`, that still runs."""
    if session_id is not None:
        raise ClientBusy(
            "This client is in another treatment: end it first.", session_id=str(session_id)
        )


def require_in_date(cartridge: Cartridge, today: date) -> None:
    """Raise CartridgeExpired when the cartridge's date is past; on its last day it still serves."""
    if cartridge.expires_on < today:
        raise CartridgeExpired(f"The cartridge expired on {cartridge.expires_on:%d %B %Y}.")


def require_running(state: str) -> None:
    """Raise SessionOver for a session that was completed or stopped."""
    if state != State.RUNNING:
        raise SessionOver("This treatment is over.")
