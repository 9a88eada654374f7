"""HTTP edge for appointments that cannot take place as they stand, and re-planning them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.booking.api.changes import by_caller
from services.booking.usecases import alternatives, disruptions, replans
from services.booking.usecases.replans import Item
from shared import clock
from shared.http import pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas import disruptions as schemas
from shared.schemas.disruptions import AlternativesView, DisruptedView, Replan, ReplanView

blueprint = Blueprint("disruptions", __name__, url_prefix="/v1")


class ListArgs(schemas.DisruptedArgs, pages.PageArgs):
    """Which disrupted appointments."""


@blueprint.route("/clinics/<uuid:clinic_id>/disruptions", methods=["GET"])
@requires("appointments:read")
@blueprint.arguments(ListArgs, location="query")
@blueprint.response(200, pages.listing(DisruptedView))
def page(query: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """List appointments to come that cannot take place as they stand, by time, and why."""
    wanted = pages.Page.of(query)
    values = {**query, "clinic_id": clinic_id, **wanted.binds("starts_at", "id")}
    with transaction() as tx:
        rows = disruptions.page(tx, values, clock.now())
    return pages.answer(rows, wanted, key=_place_in_list)


@blueprint.route("/appointments/<uuid:appointment_id>/alternatives", methods=["GET"])
@requires("appointments:read")
@blueprint.arguments(schemas.AlternativesArgs, location="query")
@blueprint.response(200, AlternativesView)
def propose(query: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Propose other places: same time with other things, other person, other times, nearest first.

    In this order: another room or device; another practitioner at the same time; the same
    practitioner at the nearest other times; anybody else at the nearest times.
    """
    with transaction() as tx:
        current, found = alternatives.of(tx, appointment_id, query["limit"], clock.now())
    items = [alternatives.shown(current, each) for each in found]
    return {"time_zone": current["time_zone"], "items": items}


@blueprint.route("/clinics/<uuid:clinic_id>/replans", methods=["POST"])
@requires("appointments:book")
@idempotent
@blueprint.arguments(Replan)
@blueprint.response(200, ReplanView)
def replan(asked: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """Put several appointments elsewhere, all or none; a dry run proposes where.

    When one cannot go, nothing changes and 409 says in `results` why, one entry each.
    """
    with transaction() as tx:
        if asked["dry_run"]:
            now = clock.now()
            ids = [each["appointment_id"] for each in asked["items"]]
            ids = ids or disruptions.ids(tx, {**asked, "clinic_id": clinic_id}, now, replans.MOST)
            results = replans.proposed(tx, clinic_id, ids, now)
        else:
            items = [Item(**each) for each in asked["items"]]
            results = replans.replan(tx, clinic_id, items, by_caller(asked["reason"]))
    return {"dry_run": asked["dry_run"], "results": results}


def _place_in_list(row: Mapping[str, Any]) -> list[Any]:
    appointment = row["appointment"]
    return [appointment["starts_at"], appointment["id"]]
