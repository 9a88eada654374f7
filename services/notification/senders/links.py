"""The addresses by which a client confirms, moves, cancels, waits or answers: one page each."""

from collections.abc import Mapping
from datetime import datetime

from services.notification.domain.appointments import Appointment
from services.notification.domain.messages import Kind
from shared import links
from shared.links import Link, Purpose

_EACH: Mapping[Kind, tuple[Purpose, ...]] = {
    Kind.CONFIRMATION: ("confirm", "move", "cancel", "earlier"),
    Kind.MOVED: ("confirm", "move", "cancel", "earlier"),
    Kind.REMINDER: ("confirm", "move", "cancel"),
    Kind.PLACE_OFFERED: ("offer",),
}


def of(
    kind: Kind,
    appointment: Appointment,
    public_url: str | None,
    answer_by: datetime | None = None,
) -> dict[str, str]:
    """Return an appointment's addresses in a message by purpose; none of nothing to come.

    They end when the visit begins, an offer's at `answer_by`.  Who has confirmed is not asked to
    confirm again.
    """
    if public_url is None:
        return {}
    ends = answer_by if kind is Kind.PLACE_OFFERED and answer_by else appointment.starts_at
    asked = [
        purpose
        for purpose in _EACH.get(kind, ())
        if purpose != "confirm" or appointment.status == "booked"
    ]
    return {
        purpose: f"{public_url}/visit/{_token(purpose, appointment, ends)}" for purpose in asked
    }


def sample(kind: Kind) -> dict[str, str]:
    """Return addresses that lead nowhere, for a preview."""
    return {
        purpose: f"https://clinic.example/visit/{purpose}.sample" for purpose in _EACH.get(kind, ())
    }


def _token(purpose: Purpose, appointment: Appointment, ends: datetime) -> str:
    return links.mint(
        Link(purpose, appointment.id, appointment.clinic_id, appointment.link_issue, ends)
    )
