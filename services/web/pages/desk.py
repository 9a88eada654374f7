"""The desk: a clinic's appointments of one day, and what the front desk does with them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
)
from werkzeug.wrappers import Response as AnyResponse

from services.web.clients.alarms import Alarms
from services.web.clients.booking import Booking
from services.web.clients.client_records import ClientRecords
from services.web.clients.headquarters import Headquarters
from services.web.domain import alarms, desk
from services.web.pages import gate, parts
from shared import clock
from shared.errors import Conflict, NotFound, Precondition, Rejected, Unavailable

PERMISSION: Final = "appointments:read"
BOOK: Final = "appointments:book"
LOOK: Final = "alarms:acknowledge"
_DIGITS: Final = 9
_YEARS: Final = range(2000, 2101)

blueprint = Blueprint("desk", __name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Which clinic and which day are looked at; `today` is the clinic's."""

    clinic_id: UUID
    name: str
    zone: ZoneInfo
    day: date
    today: date


@blueprint.get("/desk")
@gate.signed_in(PERMISSION)
def page() -> Response:
    """Show the day."""
    return _page(200)


@blueprint.get("/desk/parts")
@gate.signed_in(PERMISSION, in_person=False)
def fragments() -> Response:
    """Show the day's list again, for the script of the page."""
    place, _ = _place()
    shown = _shown(place)
    names = ("desk_alarms", "desk_day")
    return parts.answer("\n".join(render_template(f"parts/{each}.html", **shown) for each in names))


@blueprint.post("/desk/alarms/<uuid:alarm_id>/acknowledge")
@gate.signed_in(LOOK)
def look(alarm_id: UUID) -> AnyResponse:
    """Say that the person has seen an alarm; then show the day again."""
    source: Alarms = current_app.extensions["alarms"]
    try:
        source.acknowledge(gate.visitor().token, alarm_id)
    except (NotFound, Unavailable) as refused:
        return _page(refused.status, refused=str(refused))
    place, _ = _place()
    return redirect(f"/desk?clinic={place.clinic_id}&day={place.day}&done=seen", 303)


@blueprint.post("/desk/appointments/<uuid:appointment_id>/<verb>")
@gate.signed_in(BOOK)
def change(appointment_id: UUID, verb: str) -> AnyResponse:
    """Confirm, arrive, miss or cancel; then show the day again, with what was done or why not."""
    if verb not in desk.VERBS:
        raise NotFound("There is nothing here.")
    try:
        _booking().change(gate.visitor().token, appointment_id, verb, _version(), _wish(verb))
    except (Conflict, Rejected, Precondition) as refused:
        return _page(refused.status, refused=str(refused))
    place, _ = _place()
    return redirect(f"/desk?clinic={place.clinic_id}&day={place.day}&done={verb}", 303)


def _version() -> int | None:
    """Return which version of the appointment the form was made from, if it says one."""
    said = request.form.get("version", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) <= _DIGITS else None


def _wish(verb: str) -> str | None:
    """Return at whose wish it is cancelled, if the form says so."""
    said = request.form.get("wish", "")
    return said if verb == "cancel" and said in desk.WISHES else None


def _page(status: int, **more: Any) -> Response:
    place, clinics = _place()
    shown = render_template(
        "desk.html",
        clinics=clinics,
        done=desk.DONE.get(request.args.get("done", "")),
        **_shown(place),
        **more,
    )
    return make_response(shown, status)


def _place() -> tuple[Place, list[dict[str, Any]]]:
    """Return what is looked at, and every clinic of the person by name.  Raises NotFound."""
    rows = [row for row in _booking().clinics(gate.visitor().token) if row["active"]]
    clinics = sorted(rows, key=lambda row: str(row["name"]))
    if not clinics:
        raise NotFound("You belong to no clinic yet. Please ask headquarters.")
    wanted = request.values.get("clinic") or str(clinics[0]["id"])
    chosen = next((row for row in clinics if row["id"] == wanted), None)
    if chosen is None:
        raise NotFound("There is no such clinic, or it is not one of yours.")
    zone = ZoneInfo(chosen["time_zone"])
    today = clock.now().astimezone(zone).date()
    place = Place(UUID(chosen["id"]), chosen["name"], zone, _day(today), today)
    return place, [dict(row) for row in clinics]


def _day(today: date) -> date:
    """Return the day that the address names, else today.  Raises NotFound."""
    try:
        day = date.fromisoformat(request.values.get("day") or str(today))
    except ValueError as wrong:
        raise NotFound("There is no such day.") from wrong
    if day.year not in _YEARS:
        raise NotFound("There is no such day.")
    return day


def _shown(place: Place) -> dict[str, Any]:
    """Return what the list shows."""
    token, now = gate.visitor().token, clock.now()
    begins, ends = desk.day_of(place.day, place.zone)
    rows = _booking().appointments(token, place.clinic_id, begins, ends)
    devices = _booking().things(token, place.clinic_id, "devices")
    names, names_known = _names(token, {str(row["client_id"]) for row in rows if row["client_id"]})
    called = desk.Names(names, {id_: str(row["name"]) for id_, row in devices.items()})
    grace = _booking().grace(token, place.clinic_id)
    listed = desk.board(rows, called, place.zone, now, grace)
    return {
        "place": place,
        "rows": listed,
        "tally": desk.tally(listed),
        "verbs": desk.VERBS,
        "names_known": names_known,
        "now": now.astimezone(place.zone),
        "next_due": desk.next_due(listed, now, grace),
        "late": desk.LATE,
        "wishes": desk.WISHES,
        "midday": datetime(place.day.year, place.day.month, place.day.day, 12, tzinfo=place.zone),
        "day_before": place.day - timedelta(days=1),
        "day_after": place.day + timedelta(days=1),
        "alarms": _alarms(token, place.clinic_id),
        "can_look": gate.visitor().may(LOOK),
        "can_book": gate.visitor().may(BOOK),
    }


def _alarms(token: str, clinic_id: UUID) -> list[alarms.Alarm] | None:
    """Return the clinic's open alarms, worst first; None when nobody can be asked."""
    source: Headquarters = current_app.extensions["headquarters"]
    try:
        return alarms.worst_first(source.alarms(token, clinic_id))
    except Unavailable:
        return None


def _names(token: str, client_ids: set[str]) -> tuple[dict[str, str], bool]:
    """Return the clients' names, and whether they could be asked: the list goes on without them."""
    records: ClientRecords = current_app.extensions["client_records"]
    try:
        return records.names(token, gate.visitor().person.id, client_ids), True
    except Unavailable:
        return {}, False


def _booking() -> Booking:
    found: Booking = current_app.extensions["booking"]
    return found
