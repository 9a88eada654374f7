"""HTTP edge for absences: whoever plans one clinic's rotas plans a person's absence everywhere."""

from typing import Any
from uuid import UUID

from services.booking.usecases import absences, practitioners
from shared import clock, db, ids
from shared.db import Transaction
from shared.http import etags, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import caller_scope, transaction
from shared.schemas.rotas import AbsenceChange, AbsenceView, NewAbsence

blueprint = Blueprint(
    "absences",
    __name__,
    url_prefix="/v1/clinics/<uuid:clinic_id>/practitioners/<uuid:practitioner_id>/absences",
)


@blueprint.route("", methods=["GET"])
@requires("catalogue:write")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(AbsenceView))
def page(query: dict[str, Any], clinic_id: UUID, practitioner_id: UUID) -> dict[str, Any]:
    """List a practitioner's absences by date; staff see only that somebody is away, in `days`."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        practitioners.find(tx, clinic_id, practitioner_id)
        rows = absences.page(tx, practitioner_id, wanted.binds("first_day", "id"))
    return pages.answer(rows, wanted, key=("first_day", "id"))


@blueprint.route("", methods=["POST"])
@requires("catalogue:write")
@idempotent
@blueprint.arguments(NewAbsence)
@blueprint.response(201, AbsenceView)
def add(wanted: dict[str, Any], clinic_id: UUID, practitioner_id: UUID) -> dict[str, Any]:
    """Let a practitioner be away for whole dates, at every clinic; say no word about health."""
    with transaction() as tx:
        person = practitioners.find(tx, clinic_id, practitioner_id)
        found = absences.add(tx, person, {**wanted, "id": ids.new()}, now=clock.now())
        _tell(tx, practitioner_id)
    etags.set(found["version"])
    return found


@blueprint.route("/<uuid:absence_id>", methods=["GET"])
@requires("catalogue:write")
@blueprint.response(200, AbsenceView)
def show(clinic_id: UUID, practitioner_id: UUID, absence_id: UUID) -> dict[str, Any]:
    """Show an absence."""
    with transaction() as tx:
        practitioners.find(tx, clinic_id, practitioner_id)
        found = absences.find(tx, practitioner_id, absence_id)
    etags.set(found["version"])
    return found


@blueprint.route("/<uuid:absence_id>", methods=["PATCH"])
@requires("catalogue:write")
@etags.checked
@blueprint.arguments(AbsenceChange)
@blueprint.response(200, AbsenceView)
def change(
    changes: dict[str, Any], clinic_id: UUID, practitioner_id: UUID, absence_id: UUID
) -> dict[str, Any]:
    """Change an absence."""
    with transaction() as tx:
        person = practitioners.find(tx, clinic_id, practitioner_id)
        current = absences.find(tx, practitioner_id, absence_id, lock=True)
        etags.check(current["version"])
        found = absences.change(tx, person, current, changes, now=clock.now())
        _tell(tx, practitioner_id)
    etags.set(found["version"])
    return found


@blueprint.route("/<uuid:absence_id>", methods=["DELETE"])
@requires("catalogue:write")
@etags.checked
@blueprint.response(204)
def remove(clinic_id: UUID, practitioner_id: UUID, absence_id: UUID) -> None:
    """Take an absence back: the practitioner works as planned."""
    with transaction() as tx:
        practitioners.find(tx, clinic_id, practitioner_id)
        current = absences.find(tx, practitioner_id, absence_id, lock=True)
        etags.check(current["version"])
        absences.remove(tx, current)
        _tell(tx, practitioner_id)


def _tell(tx: Transaction, practitioner_id: UUID) -> None:
    """Have the appointments looked at wherever the person treats, in other clinics too."""
    tx.narrow(db.EVERY_CLINIC)
    absences.tell(tx, practitioner_id)
    tx.narrow(caller_scope())
