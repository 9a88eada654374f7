"""The addresses by which a client confirms, moves or cancels: one page, one thing."""

from collections.abc import Mapping

from services.notification.domain.appointments import Appointment
from services.notification.domain.messages import TELLS_OF_VISIT, Kind
from shared import links
from shared.links import Link, Purpose

SAMPLE: Mapping[str, str] = {
    purpose: f"https://clinic.example/visit/{purpose}.sample"
    for purpose in ("confirm", "move", "cancel")
}


def of(kind: Kind, appointment: Appointment | None, public_url: str | None) -> dict[str, str]:
    """Return a message's addresses by purpose; none where it tells of no visit to come.

    They end when the visit begins.  Who has confirmed is not asked to confirm again.
    """
    if appointment is None or public_url is None or kind not in TELLS_OF_VISIT:
        return {}
    purposes: tuple[Purpose, ...] = ("confirm", "move", "cancel")
    if appointment.status != "booked":
        purposes = ("move", "cancel")
    return {purpose: f"{public_url}/visit/{_token(purpose, appointment)}" for purpose in purposes}


def _token(purpose: Purpose, appointment: Appointment) -> str:
    return links.mint(
        Link(
            purpose,
            appointment.id,
            appointment.clinic_id,
            appointment.link_issue,
            appointment.starts_at,
        )
    )
