"""HTTP edge for the ledger: what clients owe and have paid."""

from typing import Any
from uuid import UUID

from services.booking.api.changes import by_caller
from services.booking.usecases import appointments, ledger
from shared import ids
from shared.http import pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.ledger import EntryView, LedgerView, NewEntry, NewWaiver

blueprint = Blueprint("ledger", __name__, url_prefix="/v1")
_KEY = ("entered_at", "id")


@blueprint.route("/appointments/<uuid:appointment_id>/ledger", methods=["GET"])
@requires("ledger:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, LedgerView)
def of_appointment(query: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """List what an appointment cost beside the price, what was paid of it, and what is open."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        appointments.find(tx, appointment_id)
        found = ledger.page_of_appointment(tx, appointment_id, wanted.binds(*_KEY))
    return _answer(found, wanted)


@blueprint.route("/clinics/<uuid:clinic_id>/clients/<uuid:client_id>/ledger", methods=["GET"])
@requires("ledger:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, LedgerView)
def of_client(query: dict[str, Any], clinic_id: UUID, client_id: UUID) -> dict[str, Any]:
    """List what a client was charged and paid at the clinic, and what is open."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        found = ledger.page_of_client(tx, clinic_id, client_id, wanted.binds(*_KEY))
    return _answer(found, wanted)


@blueprint.route("/appointments/<uuid:appointment_id>/ledger", methods=["POST"])
@requires("ledger:write")
@idempotent
@blueprint.arguments(NewEntry)
@blueprint.response(201, EntryView)
def record(asked: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Enter a payment that the desk took, or a refund that it gave; never more than is open."""
    return _entered(appointment_id, asked)


@blueprint.route("/appointments/<uuid:appointment_id>/ledger/waivers", methods=["POST"])
@requires("ledger:waive")
@idempotent
@blueprint.arguments(NewWaiver)
@blueprint.response(201, EntryView)
def waive(asked: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Waive what is open, or a part of it."""
    return _entered(appointment_id, {**asked, "kind": "waived", "reference": None})


def _entered(appointment_id: UUID, asked: dict[str, Any]) -> dict[str, Any]:
    entry = {**asked, "id": ids.new()}
    with transaction() as tx:
        current = appointments.promised(tx, appointment_id)
        return ledger.record(tx, current, entry, by_caller(asked["reason"]))


def _answer(found: dict[str, Any], wanted: pages.Page) -> dict[str, Any]:
    return {**pages.answer(found["rows"], wanted, key=_KEY), "balances": found["balances"]}
