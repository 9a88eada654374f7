"""HTTP edge for the waiting list."""

from typing import Any
from uuid import UUID

from services.booking.api import newcomers
from services.booking.api.changes import by_caller
from services.booking.usecases import waiting
from shared import clock, ids
from shared.http import etags, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.base import Choice
from shared.schemas.waiting import (
    ENTRY_STATUSES,
    NewWaitingEntry,
    WaitingEntryChange,
    WaitingEntryView,
)

blueprint = Blueprint("waiting", __name__, url_prefix="/v1")


class ListArgs(pages.PageArgs):
    """Which entries of a clinic's waiting list."""

    status = Choice(ENTRY_STATUSES, load_default=None)


@blueprint.route("/clinics/<uuid:clinic_id>/waiting-list", methods=["POST"])
@requires("appointments:book")
@idempotent
@blueprint.arguments(NewWaitingEntry)
@blueprint.response(201, WaitingEntryView)
def join(wanted: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """Put a client on the waiting list: what becomes free and suits is offered by itself."""
    entry = {**wanted, "id": ids.new(), "clinic_id": clinic_id}
    with transaction() as tx:
        newcomers.wait_for(tx, clinic_id, wanted["client_id"])
        found = waiting.join(tx, entry, by_caller())
    etags.set(found["version"])
    return found


@blueprint.route("/clinics/<uuid:clinic_id>/waiting-list", methods=["GET"])
@requires("appointments:read")
@blueprint.arguments(ListArgs, location="query")
@blueprint.response(200, pages.listing(WaitingEntryView))
def page(query: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """List who waits at a clinic, and who waited; the oldest first."""
    wanted = pages.Page.of(query)
    values = {"clinic_id": clinic_id, "status": query["status"]}
    with transaction() as tx:
        rows = waiting.page(tx, {**values, **wanted.binds("created_at", "id")})
    return pages.answer(rows, wanted, key=("created_at", "id"))


@blueprint.route("/waiting-list/<uuid:entry_id>", methods=["GET"])
@requires("appointments:read")
@blueprint.response(200, WaitingEntryView)
def show(entry_id: UUID) -> dict[str, Any]:
    """Show an entry of the waiting list."""
    with transaction() as tx:
        found = waiting.find(tx, entry_id)
    etags.set(found["version"])
    return found


@blueprint.route("/waiting-list/<uuid:entry_id>", methods=["PATCH"])
@requires("appointments:book")
@etags.checked
@blueprint.arguments(WaitingEntryChange)
@blueprint.response(200, WaitingEntryView)
def change(changes: dict[str, Any], entry_id: UUID) -> dict[str, Any]:
    """Change wishes or priority; an offer that is open stays so."""
    with transaction() as tx:
        current = waiting.find(tx, entry_id, lock=True)
        etags.check(current["version"])
        found = waiting.change(tx, current, changes, now=clock.now())
    etags.set(found["version"])
    return found


@blueprint.route("/waiting-list/<uuid:entry_id>", methods=["DELETE"])
@requires("appointments:book")
@etags.checked
@blueprint.response(204)
def withdraw(entry_id: UUID) -> None:
    """Take a client off the list; the place they were offered goes to the next in line."""
    with transaction() as tx:
        current = waiting.find(tx, entry_id, lock=True)
        etags.check(current["version"])
        waiting.withdraw(tx, current, by_caller())
