"""The pens: a clinic's pens as they work, and what one did in a session."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, render_template, request

from services.web.clients.booking import Booking
from services.web.clients.device_telemetry import DeviceTelemetry
from services.web.domain import pens, traces, zones
from services.web.domain.words import iso_in_full
from services.web.pages import gate
from shared.errors import NotFound
from shared.http.readers import in_time

PERMISSION: Final = "traces:read"
PART: Final = 64 * 1024  # bytes handed on at once
POINTS: Final = 900  # about as many as the drawing is wide

blueprint = Blueprint("pens", __name__)


@blueprint.get("/pens")
@gate.signed_in(PERMISSION)
def page() -> str:
    """Show a clinic's pens; their stream fills in what they do."""
    clinic, clinics = _clinic()
    rows = _telemetry().pens(gate.visitor().token, UUID(clinic["id"]))
    return render_template(
        "pens.html",
        clinic=clinic,
        clinics=clinics,
        pens=[pens.pen(row) for row in rows],
        words=pens.words(),
        unfit=pens.UNFIT,
    )


@blueprint.get("/pens/sessions/<uuid:session_id>")
@gate.signed_in(PERMISSION)
def session(session_id: UUID) -> str:
    """Show what a pen did in a session, whole or a stretch of it.  Raises NotFound."""
    token, telemetry = gate.visitor().token, _telemetry()
    summary = telemetry.summary(token, session_id)
    if summary["first_at"] is None:
        return render_template("trace.html", summary=summary, session_id=session_id, chart=None)
    first, last = (datetime.fromisoformat(summary[name]) for name in ("first_at", "last_at"))
    shown = traces.look(first, last, _moment("from"), _moment("to"))
    query = {"from": iso_in_full(shown.since), "to": iso_in_full(shown.until)}
    said = telemetry.trace(token, session_id, {**query, "points": str(POINTS)})
    zone = ZoneInfo(said["time_zone"])
    return render_template(
        "trace.html",
        session_id=session_id,
        summary=summary,
        device=_pen(token, telemetry, str(summary["device_id"])),
        said=said,
        shown=shown,
        zone=zone,
        limits={each["zone"]: each["limit_um"] for each in said["limits"]},
        chart=traces.chart(said["points"], said["limits"], shown, zone),
        size=traces,
        zone_name=zones.zone,
    )


def _pen(token: str, telemetry: DeviceTelemetry, device_id: str) -> dict[str, Any] | None:
    """Return a session's pen; None for one that has moved on: its readings stay where they were."""
    try:
        return dict(telemetry.pen(token, device_id))
    except NotFound:
        return None


@blueprint.get("/pens/sessions/<uuid:session_id>/export.<any(csv, parquet):kind>")
@gate.signed_in(PERMISSION)
def export(session_id: UUID, kind: str) -> Response:
    """Hand out every sample of a session as a file, as it comes.  Raises NotFound or TooMany."""
    written = _telemetry().export(gate.visitor().token, session_id, kind)
    parts = in_time(written.iter_content(PART), request.environ)
    response = Response(parts, content_type=written.headers["Content-Type"])
    response.headers["Content-Disposition"] = written.headers["Content-Disposition"]
    response.call_on_close(written.close)
    return response


def _clinic() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the clinic that is looked at, and every clinic of the person.  Raises NotFound."""
    booking: Booking = current_app.extensions["booking"]
    rows = [dict(row) for row in booking.clinics(gate.visitor().token) if row["active"]]
    clinics = sorted(rows, key=lambda row: str(row["name"]))
    if not clinics:
        raise NotFound("You belong to no clinic yet. Please ask headquarters.")
    wanted = request.args.get("clinic") or str(clinics[0]["id"])
    chosen = next((row for row in clinics if row["id"] == wanted), None)
    if chosen is None:
        raise NotFound("There is no such clinic, or it is not one of yours.")
    return chosen, clinics


def _moment(name: str) -> datetime | None:
    """Return the moment that the address names.  Raises NotFound for what is none."""
    said = request.args.get(name)
    if not said:
        return None
    try:
        moment = datetime.fromisoformat(said)
    except ValueError as wrong:
        raise NotFound("There is no such time.") from wrong
    if moment.tzinfo is None or not 2000 <= moment.year <= 2100:  # noqa: PLR2004 # years
        raise NotFound("There is no such time.")
    return moment


def _telemetry() -> DeviceTelemetry:
    found: DeviceTelemetry = current_app.extensions["device_telemetry"]
    return found
