"""HTTP edge for clients' signed links.

The link in the address is the credential: it is verified before anything else, so that a forged one
costs no connection, and it stands in no log line (routes are logged, addresses are not).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from services.booking.api import spans
from services.booking.api.changes import by_caller
from services.booking.domain.links import Accepted
from services.booking.domain.policies import Money
from services.booking.usecases import appointments, link_offers
from services.booking.usecases import links as usecases
from shared import clock, db, ids, links
from shared.http import etags
from shared.http.blueprints import Blueprint
from shared.http.guard import public, requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.links import Link
from shared.pace import Pace
from shared.schemas.appointments import AppointmentView, Reason
from shared.schemas.links import (
    MOST_DAYS,
    LinkCancel,
    LinkMove,
    LinkTimesArgs,
    LinkTimesView,
    LinkView,
)

blueprint = Blueprint(
    "links", __name__, url_prefix="/v1", description="What clients do by a signed link"
)
SIGNED = "the signed link is the credential"
PACE = Pace(most=60)  # questions a minute about one appointment


def by_link(*purposes: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Verify the address's link and pass it on as `link`; without `purposes` any will do.

    Raises LinkInvalid, LinkExpired or TooMany.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def verified(*args: Any, token: str, **kwargs: Any) -> Any:
            link = links.read(token, clock.now())
            if purposes and link.purpose not in purposes:
                raise links.invalid()
            PACE.step(link.subject)
            return view(*args, link=link, **kwargs)

        return verified

    return decorate


@blueprint.route("/links/<string:token>", methods=["GET"])
@public(SIGNED)
@by_link()
@blueprint.response(200, LinkView)
def show(link: Link) -> dict[str, Any]:
    """Show the appointment or offer behind a link, and what may be done; nothing changes."""
    found = link_offers.show if link.purpose == "offer" else usecases.show
    with transaction(_scope(link)) as tx:
        return found(tx, link, now=clock.now())


@blueprint.route("/links/<string:token>/confirm", methods=["POST"])
@public(SIGNED)
@by_link("confirm")
@idempotent
@blueprint.response(200, LinkView)
def confirm(link: Link) -> dict[str, Any]:
    """Say that you will come; saying it twice changes nothing."""
    with transaction(_scope(link)) as tx:
        return usecases.confirm(tx, link, now=clock.now())


@blueprint.route("/links/<string:token>/cancel", methods=["POST"])
@public(SIGNED)
@by_link("cancel")
@idempotent
@blueprint.arguments(LinkCancel, required=False)
@blueprint.response(200, LinkView)
def cancel(asked: dict[str, Any], link: Link) -> dict[str, Any]:
    """Cancel; when that costs a fee by now, it must be accepted."""
    with transaction(_scope(link)) as tx:
        named = asked.get("accepted_fee")
        accepted = Accepted(asked.get("accept_fee", False), Money(**named) if named else None)
        return usecases.cancel(tx, link, accepted, now=clock.now())


@blueprint.route("/links/<string:token>/times", methods=["GET"])
@public(SIGNED)
@by_link("move")
@blueprint.arguments(LinkTimesArgs, location="query")
@blueprint.response(200, LinkTimesView)
def times(query: dict[str, Any], link: Link) -> dict[str, Any]:
    """List the times to which the appointment can move."""
    with transaction(_scope(link)) as tx:
        span = spans.resolved(tx, link.clinic_id, query, MOST_DAYS)
        begins, ends = span["starts_from"], span["starts_until"]
        return usecases.times(tx, link, begins, ends, now=clock.now())


@blueprint.route("/links/<string:token>/move", methods=["POST"])
@public(SIGNED)
@by_link("move")
@idempotent
@blueprint.arguments(LinkMove)
@blueprint.response(200, LinkView)
def move(asked: dict[str, Any], link: Link) -> dict[str, Any]:
    """Move to a listed time; the answer's token is the link of the new time."""
    with transaction(_scope(link)) as tx:
        return usecases.move(tx, link, asked["starts_at"], now=clock.now())


@blueprint.route("/links/<string:token>/wait", methods=["POST"])
@public(SIGNED)
@by_link("earlier")
@idempotent
@blueprint.response(200, LinkView)
def wait(link: Link) -> dict[str, Any]:
    """Join the waiting list for an earlier place; the appointment stays until you take one."""
    with transaction(_scope(link)) as tx:
        return usecases.wait(tx, link, ids.new(), now=clock.now())


@blueprint.route("/links/<string:token>/accept", methods=["POST"])
@public(SIGNED)
@by_link("offer")
@idempotent
@blueprint.response(200, LinkView)
def accept(link: Link) -> dict[str, Any]:
    """Take the place that the waiting list keeps for you."""
    with transaction(_scope(link)) as tx:
        return link_offers.accept(tx, link, now=clock.now())


@blueprint.route("/links/<string:token>/decline", methods=["POST"])
@public(SIGNED)
@by_link("offer")
@idempotent
@blueprint.response(200, LinkView)
def decline(link: Link) -> dict[str, Any]:
    """Leave the place to the next in line; you wait on."""
    with transaction(_scope(link)) as tx:
        return link_offers.decline(tx, link, now=clock.now())


@blueprint.route("/appointments/<uuid:appointment_id>/links/revoke", methods=["POST"])
@requires("appointments:book")
@idempotent
@blueprint.arguments(Reason, required=False)
@blueprint.response(200, AppointmentView)
def revoke(asked: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """End every link of an appointment, say when a mail went to the wrong person."""
    with transaction() as tx:
        current = appointments.find(tx, appointment_id, lock=True)
        revoked = usecases.revoke(tx, current, by_caller(asked.get("reason")))
    etags.set(revoked["version"])
    return revoked


def _scope(link: Link) -> db.Scope:
    return db.Scope.of([link.clinic_id])
