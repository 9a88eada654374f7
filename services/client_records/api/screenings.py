"""HTTP edge for screenings."""

from typing import Any
from uuid import UUID

from services.client_records.api import waiting
from services.client_records.domain.questions import QUESTIONS, RULES_VERSION, Question
from services.client_records.usecases import screenings
from services.client_records.usecases.screenings import Answered
from shared import clock, ids
from shared.http import guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.screenings import (
    AnsweredScreeningView,
    NewOverride,
    NewScreening,
    QuestionsView,
    ScreeningView,
)

blueprint = Blueprint(
    "screenings", __name__, url_prefix="/v1", description="Clear, review, defer or refuse, and why."
)


@blueprint.route("/screening-questions", methods=["GET"])
@requires("screenings:write")
@blueprint.response(200, QuestionsView)
def questions() -> dict[str, Any]:
    """List the questions, in the order in which they are asked."""
    return {"version": RULES_VERSION, "items": [_question(each) for each in QUESTIONS]}


@blueprint.route("/clients/<uuid:client_id>/screenings", methods=["POST"])
@requires("screenings:write")
@idempotent
@blueprint.arguments(NewScreening)
@blueprint.response(201, ScreeningView)
def screen(wanted: dict[str, Any], client_id: UUID) -> dict[str, Any]:
    """Decide on a client's answers.

    With an appointment the rules look at its start, without one at now. Unanswered questions block.
    """
    given = Answered(id=ids.new(), client_id=client_id, **wanted)
    with transaction() as tx:
        waiting.for_appointment(tx, given.appointment_id)
        return screenings.screen(tx, given, by=guard.actor().id, now=clock.now())


@blueprint.route("/clients/<uuid:client_id>/screenings", methods=["GET"])
@requires("clients:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(ScreeningView))
def page(query: dict[str, Any], client_id: UUID) -> dict[str, Any]:
    """List a client's screenings, the latest first: every one is kept."""
    wanted = pages.Page.of(query)
    before = wanted.binds("id")["id"]
    with transaction() as tx:
        rows = screenings.of_client(
            tx, client_id, wanted.fetch, before, by=guard.actor().id, now=clock.now()
        )
    return pages.answer(rows, wanted)


@blueprint.route("/screenings/<uuid:screening_id>", methods=["GET"])
@requires("clients:read")
@blueprint.response(200, AnsweredScreeningView)
def show(screening_id: UUID) -> dict[str, Any]:
    """Show a screening with its answers."""
    with transaction() as tx:
        return screenings.get(tx, screening_id, by=guard.actor().id, now=clock.now())


@blueprint.route("/screenings/<uuid:screening_id>/overrides", methods=["POST"])
@requires("screenings:override")
@idempotent
@blueprint.arguments(NewOverride)
@blueprint.response(201, ScreeningView)
def lift(wanted: dict[str, Any], screening_id: UUID) -> dict[str, Any]:
    """Take a finding upon oneself, as a clinician, with a reason; decide again."""
    with transaction() as tx:
        return screenings.lift(tx, screening_id, wanted, by=guard.actor().id, now=clock.now())


def _question(each: Question) -> dict[str, Any]:
    before = each.only_if and {"question": each.only_if[0], "answers": list(each.only_if[1])}
    return {
        "id": each.id,
        "text": each.text,
        "kind": each.kind,
        "choices": each.choices,
        "only_if": before,
        "clear_answer": each.clear_answer,
    }
