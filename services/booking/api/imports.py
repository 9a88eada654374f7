"""HTTP edge for files that a clinic brings along."""

from typing import Any
from uuid import UUID

from flask import request

from services.booking.usecases import imports
from shared import clock, ids
from shared.errors import DomainError
from shared.http import guard, pages
from shared.http.app import MIB
from shared.http.blueprints import Blueprint, body_limit
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.imports import ImportArgs, ImportRowView, ImportView, RowArgs

blueprint = Blueprint("imports", __name__, url_prefix="/v1")
MOST_BYTES = 5 * MIB
_EXAMPLE = (
    "client_id,treatment,practitioner,starts_at,external_reference\r\n"
    "0193a5c0-8d7e-7c44-9f7b-0d3f6f0e1a2b,Acne scars,Priya,2030-01-07T10:00,A-1007\r\n"
)
_CSV = {"text/csv": {"schema": {"type": "string"}, "example": _EXAMPLE}}


class NotCsv(DomainError):
    """The body is declared as something else than a CSV file."""

    status = 415
    type = "not-csv"
    title = "Unknown kind of content"


class RowPageArgs(RowArgs, pages.PageArgs):
    """Which rows, and which page of them."""


@blueprint.route("/clinics/<uuid:clinic_id>/imports", methods=["POST"])
@requires("imports:write")
@body_limit(MOST_BYTES)
@idempotent
@blueprint.doc(requestBody={"required": True, "content": _CSV})
@blueprint.arguments(ImportArgs, location="query")
@blueprint.response(202, ImportView)
def begin(asked: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """Take in a CSV file of clients' appointments or of rotas; ask for its progress and its rows.

    Up to 5 MiB and 20,000 rows, in UTF-8, with commas or semicolons.  The columns of appointments
    are `client_id`, `treatment_id` or `treatment` (its name), `practitioner_id` or `practitioner`,
    `starts_at` (by the clinic's clock, or with an offset), `zones` (such as `ZON-08 ZON-10`; empty:
    the treatment as a whole) and `external_reference`.  Each row is booked by itself, by the rules
    of booking; only notice and step are not asked of it.

    The columns of rotas are `practitioner_id` or `practitioner`, `valid_from`, `valid_until`,
    `every_weeks`, `week`, `weekday` (1 is Monday), `opens` and `closes`; a row is a stretch of a
    weekday, and rows of the same dates are one rota.
    """
    if request.mimetype != "text/csv":
        raise NotCsv("Send the file as text/csv in UTF-8.")
    rows = imports.read(asked["kind"], request.get_data(cache=True))
    made = {"created_by": guard.actor().id, "created_at": clock.now()}
    wanted = {**asked, "id": ids.new(), "clinic_id": clinic_id, **made}
    with transaction() as tx:
        return imports.begin(tx, wanted, rows, [ids.new() for _ in rows])


@blueprint.route("/clinics/<uuid:clinic_id>/imports", methods=["GET"])
@requires("imports:write")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(ImportView))
def page(query: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """List the clinic's imports of the last 30 days, the newest first."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        found = imports.page(tx, clinic_id, wanted.binds("before_id"))
    return pages.answer(found, wanted)


@blueprint.route("/imports/<uuid:import_id>", methods=["GET"])
@requires("imports:write")
@blueprint.response(200, ImportView)
def show(import_id: UUID) -> dict[str, Any]:
    """Show how far an import has come."""
    with transaction() as tx:
        return imports.find(tx, import_id)


@blueprint.route("/imports/<uuid:import_id>/rows", methods=["GET"])
@requires("imports:write")
@blueprint.arguments(RowPageArgs, location="query")
@blueprint.response(200, pages.listing(ImportRowView))
def rows(query: dict[str, Any], import_id: UUID) -> dict[str, Any]:
    """List what came of an import's rows, in the file's order; `status=refused` tells why not."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        found = imports.rows(tx, import_id, query["status"], wanted.binds("line"))
    return pages.answer(found, wanted, key="line")


@blueprint.route("/imports/<uuid:import_id>/cancel", methods=["POST"])
@requires("imports:write")
@idempotent
@blueprint.response(200, ImportView)
def cancel(import_id: UUID) -> dict[str, Any]:
    """Stop an import after the row that is being tried; what was booked stays."""
    return _set(import_id, running=False)


@blueprint.route("/imports/<uuid:import_id>/resume", methods=["POST"])
@requires("imports:write")
@idempotent
@blueprint.response(200, ImportView)
def resume(import_id: UUID) -> dict[str, Any]:
    """Let a cancelled import go on; rows refused as `busy` are tried again, in any import."""
    return _set(import_id, running=True)


def _set(import_id: UUID, *, running: bool) -> dict[str, Any]:
    with transaction() as tx:
        current = imports.find(tx, import_id, lock=True)
        return imports.set_running(tx, current, clock.now(), running=running)
