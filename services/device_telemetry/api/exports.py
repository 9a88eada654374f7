"""HTTP edge for a session's readings as files, written while they are read."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Final
from uuid import UUID

from flask import Response, request

from services.device_telemetry.store import sessions
from services.device_telemetry.usecases import exports, parquet
from shared import db
from shared.errors import TooMany
from shared.http import guard
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.readers import in_time
from shared.http.transactions import transaction
from shared.logging import logger
from shared.seats import Seats

blueprint = Blueprint("session_exports", __name__, url_prefix="/v1/sessions/<uuid:session_id>")
CSV: Final = "text/csv; charset=utf-8"
PARQUET: Final = "application/vnd.apache.parquet"
SEATS: Final = Seats(2)  # files at once in this process: the rest of its threads answer pens
_log = logger(__name__)
Parts = Iterator[Mapping[str, Any]]


@blueprint.route("/export.csv", methods=["GET"])
@requires("traces:read")
@blueprint.response(200, content_type=CSV, description="A CSV file with a row for each sample")
def as_csv(session_id: UUID) -> Response:
    """Write every sample of a session to a CSV file, batch after batch in the order of time.

    `sample` counts the samples of a boot: a number that is missing never arrived. `limit_um` is
    how deep the session might go in the zone, empty where it had no limit. Who reads less than
    128 KiB a second in the long run is cut off amid the file: others wait.
    """

    def written(parts: Parts, _about: Mapping[str, Any]) -> Iterator[bytes]:
        yield (",".join(exports.COLUMNS) + "\r\n").encode()
        for columns in parts:
            yield exports.lines(columns).encode()

    return _file(session_id, "csv", CSV, written)


@blueprint.route("/export.parquet", methods=["GET"])
@requires("traces:read")
@blueprint.response(200, content_type=PARQUET, description="A Parquet file, a row for each sample")
def as_parquet(session_id: UUID) -> Response:
    """Write every sample of a session to a Parquet file, with the columns of the CSV file.

    Its metadata `session` says whose readings they are, in which time zone, and the limits. Who
    reads too slowly is cut off, as with the CSV file.
    """
    return _file(session_id, "parquet", PARQUET, parquet.written)


def _file(
    session_id: UUID,
    kind: str,
    content_type: str,
    written: Callable[[Parts, Mapping[str, Any]], Iterator[bytes]],
) -> Response:
    """Return a response that reads a part at a time, each in a transaction of its own.

    So a slow reader costs neither memory nor an open transaction, and one who is too slow is cut
    off, for others wait for the seat.  Who took the readings along is in the log.  Raises
    SessionUnknown, or TooMany while others are being written.
    """
    with transaction() as tx:
        session = sessions.find(tx, session_id)
        plan = exports.plan(tx, session)
    held = ExitStack()
    if not held.enter_context(SEATS.one()):
        held.close()
        raise TooMany("Other files are being written. Please try again shortly.", retry_after_s=5)
    scope = db.Scope.of([session["clinic_id"]])

    def parts() -> Parts:
        for batches in plan.parts:
            with db.transaction(scope) as tx:
                found = exports.part(tx, plan, batches)
            yield found

    about = {name: session[name] for name in ("session_id", "device_id", "time_zone", "state")}
    file = written(parts(), {**about, "limits": plan.limits})
    response = Response(in_time(file, request.environ), content_type=content_type)
    response.call_on_close(held.close)
    response.headers["Content-Disposition"] = f'attachment; filename="session-{session_id}.{kind}"'
    _log.info("readings exported", kind=kind, session_id=session_id, actor_id=guard.actor().id)
    return response
