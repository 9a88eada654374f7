"""HTTP edge for practitioners' rotas."""

from typing import Any
from uuid import UUID

from services.booking.usecases import practitioners, rotas
from shared import clock, ids
from shared.http import etags, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.rotas import NewRota, RotaChange, RotaView

blueprint = Blueprint(
    "rotas",
    __name__,
    url_prefix="/v1/clinics/<uuid:clinic_id>/practitioners/<uuid:practitioner_id>/rotas",
)


@blueprint.route("", methods=["GET"])
@requires("clinics:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(RotaView))
def page(query: dict[str, Any], clinic_id: UUID, practitioner_id: UUID) -> dict[str, Any]:
    """List a practitioner's rotas, the earliest first."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        practitioners.find(tx, clinic_id, practitioner_id)
        rows = rotas.page(tx, clinic_id, practitioner_id, wanted.binds("begins", "id"))
    return pages.answer(rows, wanted, key=("begins", "id"))


@blueprint.route("", methods=["POST"])
@requires("catalogue:write")
@idempotent
@blueprint.arguments(NewRota)
@blueprint.response(201, RotaView)
def add(wanted: dict[str, Any], clinic_id: UUID, practitioner_id: UUID) -> dict[str, Any]:
    """Add a rota; a practitioner has one at a time at a clinic."""
    with transaction() as tx:
        person = practitioners.find(tx, clinic_id, practitioner_id, lock=True)
        found = rotas.add(tx, person, {**wanted, "id": ids.new()}, now=clock.now())
    etags.set(found["version"])
    return found


@blueprint.route("/<uuid:rota_id>", methods=["GET"])
@requires("clinics:read")
@blueprint.response(200, RotaView)
def show(clinic_id: UUID, practitioner_id: UUID, rota_id: UUID) -> dict[str, Any]:
    """Show a rota."""
    with transaction() as tx:
        found = rotas.find(tx, clinic_id, practitioner_id, rota_id)
    etags.set(found["version"])
    return found


@blueprint.route("/<uuid:rota_id>", methods=["PATCH"])
@requires("catalogue:write")
@etags.checked
@blueprint.arguments(RotaChange)
@blueprint.response(200, RotaView)
def change(
    changes: dict[str, Any], clinic_id: UUID, practitioner_id: UUID, rota_id: UUID
) -> dict[str, Any]:
    """Change a rota; appointments that exist keep their times."""
    with transaction() as tx:
        person = practitioners.find(tx, clinic_id, practitioner_id, lock=True)
        current = rotas.find(tx, clinic_id, practitioner_id, rota_id)
        etags.check(current["version"])
        found = rotas.change(tx, person, current, changes, now=clock.now())
    etags.set(found["version"])
    return found


@blueprint.route("/<uuid:rota_id>", methods=["DELETE"])
@requires("catalogue:write")
@etags.checked
@blueprint.response(204)
def remove(clinic_id: UUID, practitioner_id: UUID, rota_id: UUID) -> None:
    """Remove a rota: on its dates the practitioner does not work here."""
    with transaction() as tx:
        person = practitioners.find(tx, clinic_id, practitioner_id, lock=True)
        current = rotas.find(tx, clinic_id, practitioner_id, rota_id)
        etags.check(current["version"])
        rotas.remove(tx, person, current)
