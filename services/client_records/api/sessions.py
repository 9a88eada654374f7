"""HTTP edge for treatment sessions."""

from typing import Any
from uuid import UUID

from services.client_records.api import waiting
from services.client_records.domain.plans import Pass
from services.client_records.domain.protocol import AUTOMATIC, STEPS, Step
from services.client_records.domain.sessions import Cartridge
from services.client_records.domain.zones import ZONES
from services.client_records.usecases import charts, sessions
from services.client_records.usecases.sessions import Wanted
from shared import clock, ids
from shared.http import guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.sessions import (
    NewSession,
    NewStep,
    ProtocolView,
    SessionView,
    Stop,
    ZonesView,
)

blueprint = Blueprint(
    "sessions", __name__, url_prefix="/v1", description="The treatment: start, protocol, chart."
)


@blueprint.route("/protocol-steps", methods=["GET"])
@requires("sessions:read")
@blueprint.response(200, ProtocolView)
def protocol() -> dict[str, Any]:
    """List the steps of the protocol in their order, with the evidence that each asks for."""
    return {"items": [_step(step) for step in STEPS]}


@blueprint.route("/zones", methods=["GET"])
@requires("sessions:read")
@blueprint.response(200, ZonesView)
def zones() -> dict[str, Any]:
    """List the zones of the skin with their depth caps."""
    return {"items": [_zone(zone) for zone in ZONES]}


@blueprint.route("/sessions", methods=["POST"])
@requires("sessions:treat")
@idempotent
@blueprint.arguments(NewSession)
@blueprint.response(201, SessionView)
def start(wanted: dict[str, Any]) -> dict[str, Any]:
    """Start a treatment, or say why it cannot start.

    A device, and a client, are in one running session at a time. Problem types:
    `/appointment-unknown`, `/session-exists`, `/not-arrived`, `/client-busy`, `/consent-missing`,
    `/screening-required`, `/screening-refused`, `/credential-missing`, `/device-unfit`,
    `/device-busy`, `/cartridge-expired`, `/cartridge-used`, `/zone-blocked`, `/zone-planned-twice`,
    `/depth-over-cap`, `/reason-missing`.
    """
    session = Wanted(
        id=ids.new(),
        appointment_id=wanted["appointment_id"],
        practitioner_id=wanted["practitioner_id"],
        device_id=wanted["device_id"],
        cartridge=Cartridge(**wanted["cartridge"]),
        plan=[Pass(**each) for each in wanted["plan"]],
    )
    with transaction() as tx:
        waiting.for_appointment(tx, session.appointment_id, ("arrived", "in_treatment"))
        return sessions.start(tx, session, by=guard.actor().id, now=clock.now())


@blueprint.route("/sessions/<uuid:session_id>", methods=["GET"])
@requires("sessions:read")
@blueprint.response(200, SessionView)
def show(session_id: UUID) -> dict[str, Any]:
    """Show a treatment's chart: plan, steps, and what the device delivered."""
    with transaction() as tx:
        return charts.get(tx, session_id, by=guard.actor().id, now=clock.now())


@blueprint.route("/clients/<uuid:client_id>/sessions", methods=["GET"])
@requires("sessions:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(SessionView))
def page(query: dict[str, Any], client_id: UUID) -> dict[str, Any]:
    """List a client's treatments, the latest first."""
    wanted = pages.Page.of(query)
    before = wanted.binds("id")["id"]
    with transaction() as tx:
        rows = charts.of_client(
            tx, client_id, wanted.fetch, before, by=guard.actor().id, now=clock.now()
        )
    return pages.answer(rows, wanted)


@blueprint.route("/sessions/<uuid:session_id>/steps", methods=["POST"])
@requires("sessions:treat")
@idempotent
@blueprint.arguments(NewStep)
@blueprint.response(201, SessionView)
def record(wanted: dict[str, Any], session_id: UUID) -> dict[str, Any]:
    """Record a step of the protocol, in its order, with its evidence."""
    with transaction() as tx:
        return sessions.record(
            tx,
            session_id,
            wanted["step"],
            wanted["evidence"],
            by=guard.actor().id,
            now=clock.now(),
        )


@blueprint.route("/sessions/<uuid:session_id>/complete", methods=["POST"])
@requires("sessions:treat")
@idempotent
@blueprint.response(200, SessionView)
def complete(session_id: UUID) -> dict[str, Any]:
    """Complete a treatment; 409 `/steps-missing` names the steps that are not recorded."""
    with transaction() as tx:
        return sessions.complete(tx, session_id, by=guard.actor().id, now=clock.now())


@blueprint.route("/sessions/<uuid:session_id>/stop", methods=["POST"])
@requires("sessions:treat")
@idempotent
@blueprint.arguments(Stop)
@blueprint.response(200, SessionView)
def stop(wanted: dict[str, Any], session_id: UUID) -> dict[str, Any]:
    """Break a treatment off."""
    with transaction() as tx:
        return sessions.stop(
            tx,
            session_id,
            wanted["reason"],
            wanted["note"],
            by=guard.actor().id,
            now=clock.now(),
        )


def _step(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "name": step.name,
        "mandatory": step.mandatory,
        "automatic": step.id in AUTOMATIC,
        "repeats": step.repeats,
        "evidence": step.evidence,
        "example": {field.name: field.example for field in step.evidence},
    }


def _zone(zone: Any) -> dict[str, Any]:
    return {
        "zone": zone.number,
        "id": zone.id,
        "name": zone.name,
        "part": zone.part,
        "default_um": zone.default_um,
        "hard_um": zone.hard_um,
    }
