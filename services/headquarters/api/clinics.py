"""HTTP edge for the picture: the overview, clinics worst first, and a clinic's days."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.headquarters.store import days
from services.headquarters.usecases import picture
from shared import clock
from shared.errors import Rejected
from shared.http import pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.pages import Page, PageArgs
from shared.http.transactions import transaction
from shared.schemas.base import Choice, LocalDate, Request
from shared.schemas.overview import ClinicDaysView, ClinicRowView, OverviewView

blueprint = Blueprint("clinics", __name__, url_prefix="/v1", description="All clinics at once")
MOST_DAYS = timedelta(days=400)
_ORDERS: dict[str, Callable[[Mapping[str, Any]], tuple[int, str, str]]] = {
    "worst": lambda row: (-row["score"], row["name"] or "", str(row["clinic_id"])),
    "name": lambda row: (0, row["name"] or "", str(row["clinic_id"])),
    "utilisation": lambda row: (
        -(row["utilisation_permille"] or 0),
        row["name"] or "",
        str(row["clinic_id"]),
    ),
}


class TooManyDays(Rejected):
    """The days asked for are too many, or end before they begin."""

    type = "too-many-days"
    title = "Ask for fewer days"


class ClinicsQuery(PageArgs):
    """In which order."""

    sort = Choice(tuple(_ORDERS), load_default="worst")


class DaysQuery(Request):
    """Which days, both included."""

    from_ = LocalDate(required=True, data_key="from")
    to = LocalDate(required=True)


@blueprint.route("/overview")
@requires("overview:read")
@blueprint.response(200, OverviewView)
def overview() -> dict[str, Any]:
    """Show the seven numbers of today beside the same weekday last week."""
    now = clock.now()
    with transaction() as tx:
        return picture.numbers(tx, now)


@blueprint.route("/clinics")
@requires("overview:read")
@blueprint.arguments(ClinicsQuery, location="query")
@blueprint.response(200, pages.listing(ClinicRowView))
def listed(query: dict[str, Any]) -> dict[str, Any]:
    """List clinics, those that need help first."""
    page, order = Page.of(query), _ORDERS[query["sort"]]
    with transaction() as tx:
        rows = sorted(picture.rows(tx, clock.now()), key=order)
    if page.after is not None:
        after = tuple(page.after)
        rows = [row for row in rows if order(row) > after]
    return pages.answer(rows[: page.fetch], page, key=order)


@blueprint.route("/clinics/<uuid:clinic_id>/days")
@requires("overview:read")
@blueprint.arguments(DaysQuery, location="query")
@blueprint.response(200, ClinicDaysView)
def listed_days(query: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """Show a clinic's days by its own calendar."""
    first, last = query["from_"], query["to"]
    if not timedelta() <= last - first <= MOST_DAYS:
        raise TooManyDays("Ask for one to 400 days, the earlier first.")
    with transaction() as tx:
        return {"clinic_id": clinic_id, "items": days.between(tx, clinic_id, first, last)}
