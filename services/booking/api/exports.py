"""HTTP edge for a clinic's tables as CSV files, written while they are read."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from flask import Response, request

from services.booking.api import spans
from services.booking.domain import tables
from services.booking.usecases import exports
from shared import db
from shared.db import Transaction
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.readers import in_time
from shared.http.transactions import transaction
from shared.schemas.exports import MOST_DAYS, DaysArgs, ExportArgs

blueprint = Blueprint("exports", __name__, url_prefix="/v1/clinics/<uuid:clinic_id>/exports")
MEDIA_TYPE = "text/csv; charset=utf-8"
_BOM = "\ufeff"  # without it a spreadsheet takes UTF-8 for something else; imports skip it
Part = tuple[list[exports.Cells], Any]


@blueprint.route("/appointments.csv", methods=["GET"])
@requires("exports:read")
@blueprint.arguments(ExportArgs, location="query")
@blueprint.response(200, content_type=MEDIA_TYPE, description="A CSV file in UTF-8")
def appointments(query: dict[str, Any], clinic_id: UUID) -> Response:
    """Write a clinic's appointments to a CSV file; what was cancelled or missed is left out.

    The columns are those of an import, so that what is to come can be brought along elsewhere.  A
    cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    with transaction() as tx:
        wanted = {**spans.resolved(tx, clinic_id, query, MOST_DAYS), "clinic_id": clinic_id}
    return _file(
        "appointments", clinic_id, lambda tx, after: exports.appointments(tx, wanted, after)
    )


@blueprint.route("/rotas.csv", methods=["GET"])
@requires("exports:read")
@blueprint.arguments(DaysArgs, location="query")
@blueprint.response(200, content_type=MEDIA_TYPE, description="A CSV file in UTF-8")
def rotas(query: dict[str, Any], clinic_id: UUID) -> Response:
    """Write the rotas of a clinic's practitioners to a CSV file, a row for each stretch.

    Those that are valid on one of the days asked for, whole; the columns are those of an import.
    """
    wanted = {**query, "clinic_id": clinic_id}
    return _file("rotas", clinic_id, lambda tx, after: exports.rotas(tx, wanted, after))


def _file(kind: str, clinic_id: UUID, part: Callable[[Transaction, Any], Part]) -> Response:
    """Return a response that reads a part at a time, each in a transaction of its own.

    So a slow reader costs neither memory nor an open transaction, and one too slow is cut off.  The
    first part is read before the answer begins, and its refusals are answers as usual.
    """
    scope = db.Scope.of([clinic_id])

    def read(after: Any) -> Part:
        with db.transaction(scope) as tx:
            return part(tx, after)

    first = read(None)

    def written() -> Iterator[str]:
        rows, after = first
        yield _BOM + tables.lines([exports.head(kind), *rows])
        while after is not None:
            rows, after = read(after)
            yield tables.lines(rows)

    encoded = (each.encode() for each in written())
    response = Response(in_time(encoded, request.environ), content_type=MEDIA_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return response
