"""HTTP edge for clients."""

from typing import Any
from uuid import UUID

from services.client_records.domain.clients import Identity
from services.client_records.usecases import clients, exports
from services.client_records.usecases.clients import NewClient as Wanted
from shared import clock, ids
from shared.errors import Rejected, Unavailable
from shared.http import etags, guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.clients import (
    ChangedClientView,
    ClientChanges,
    ClientsWanted,
    ClientView,
    NewClient,
)
from shared.schemas.records import ExportView
from shared.seats import Seats

blueprint = Blueprint(
    "clients",
    __name__,
    url_prefix="/v1",
    description="Who the clients are. Reads are written down.",
)


SEARCHING = Seats(2)  # a search by name opens a clinic's clients: work for the processor
PATIENCE_S = 1.0


class ListArgs(ClientsWanted, pages.PageArgs):
    """Which clients."""


class QueryAndIds(Rejected):
    """A search and a list of ids at once."""

    type = "query-and-ids"
    title = "Search, or name ids"


@blueprint.route("/clients", methods=["POST"])
@requires("clients:write")
@idempotent
@blueprint.arguments(NewClient)
@blueprint.response(201, ChangedClientView)
def register(wanted: dict[str, Any]) -> dict[str, Any]:
    """Register a client.

    409 `/client-exists` for the same birth date with the same e-mail or phone; with another birth
    date the others are named as possible duplicates.
    """
    clinic_id, locale = wanted.pop("clinic_id"), wanted.pop("locale")
    guard.reach(clinic_id)
    new = Wanted(ids.new(), clinic_id, Identity(**wanted), locale)
    with transaction() as tx:
        client = clients.register(tx, new, by=guard.actor().id, now=clock.now())
    etags.set(client["version"])
    return client


@blueprint.route("/clients", methods=["GET"])
@requires("clients:read")
@blueprint.arguments(ListArgs, location="query")
@blueprint.response(200, pages.listing(ClientView))
def page(query: dict[str, Any]) -> dict[str, Any]:
    """List clients, or find them: by e-mail, telephone number, beginnings of names, or ids."""
    wanted, who = pages.Page.of(query), guard.actor()
    if query["query"] and query["ids"]:
        raise QueryAndIds("Search with query, or name ids: not both.")
    clinics = who.clinic_ids or frozenset()  # headquarters reads no record
    if query["query"]:
        return {"items": _search(query["query"], clinics, wanted.limit), "next": None}
    with transaction() as tx:
        now = clock.now()
        if query["ids"]:
            return {"items": clients.named(tx, query["ids"], by=who.id, now=now), "next": None}
        rows = clients.page(tx, clinics, wanted.fetch, wanted.binds("id")["id"], by=who.id, now=now)
    return pages.answer(rows, wanted)


@blueprint.route("/clients/<uuid:client_id>", methods=["GET"])
@requires("clients:read")
@blueprint.response(200, ClientView)
def show(client_id: UUID) -> dict[str, Any]:
    """Show a client."""
    with transaction() as tx:
        client = clients.get(tx, client_id, by=guard.actor().id, now=clock.now())
    etags.set(client["version"])
    return client


@blueprint.route("/clients/<uuid:client_id>", methods=["PATCH"])
@requires("clients:write")
@etags.checked
@blueprint.arguments(ClientChanges)
@blueprint.response(200, ChangedClientView)
def change(changes: dict[str, Any], client_id: UUID) -> dict[str, Any]:
    """Correct what is known of a client."""
    with transaction() as tx:
        client = clients.lock(tx, client_id)
        etags.check(client.version)
        changed = clients.change(tx, client, changes, by=guard.actor().id, now=clock.now())
    etags.set(changed["version"])
    return changed


@blueprint.route("/clients/<uuid:client_id>/erasure", methods=["POST"])
@requires("clients:erase")
@blueprint.response(204)
def erase(client_id: UUID) -> None:
    """Destroy a client's key: what was sealed with it can never be read again."""
    with transaction() as tx:
        clients.erase(tx, client_id, by=guard.actor().id, now=clock.now())


@blueprint.route("/clients/<uuid:client_id>/export", methods=["GET"])
@requires("sessions:read")
@blueprint.response(200, ExportView)
def export(client_id: UUID) -> dict[str, Any]:
    """Show everything that is kept of a client, for the client."""
    with transaction() as tx:
        return exports.export(tx, client_id, by=guard.actor().id, now=clock.now())


def _search(query: str, clinics: frozenset[UUID], limit: int) -> list[dict[str, Any]]:
    """Search, a few at a time; whoever waits for a seat holds no connection meanwhile."""
    with SEARCHING.one(PATIENCE_S) as seated:
        if not seated:
            raise Unavailable("Many people search at this moment. Try again.", retry_after_s=1)
        with transaction() as tx:
            who, now = guard.actor(), clock.now()
            return clients.search(tx, query, clinics, limit, by=who.id, now=now)
