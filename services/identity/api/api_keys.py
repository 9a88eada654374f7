"""HTTP edge for API keys."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.identity.api import signer
from services.identity.store import api_keys as store
from services.identity.usecases import api_keys
from shared import clock, db, ids
from shared.http import guard, pages
from shared.http.api_keys import PREFIX
from shared.http.blueprints import Blueprint
from shared.http.guard import public, requires
from shared.http.idempotency import idempotent
from shared.http.tokens import Actor, TokenRefused
from shared.http.transactions import transaction
from shared.schemas.staff import AccessToken, ApiKeyShown, ApiKeyView, KeyToExchange, NewApiKey

blueprint = Blueprint("api-keys", __name__, url_prefix="/v1/api-keys", description="Programs")
LIFETIME = timedelta(minutes=2)  # a revoked key stops everywhere within this


@blueprint.route("", methods=["GET"])
@requires("api-keys:write")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(ApiKeyView))
def page(query: dict[str, Any]) -> dict[str, Any]:
    """List the keys of your clinics, oldest first."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        rows = store.page(tx, wanted.binds("after_id"))
    return pages.answer(rows, wanted)


@blueprint.route("", methods=["POST"])
@requires("api-keys:write")
@idempotent
@blueprint.arguments(NewApiKey)
@blueprint.response(201, ApiKeyShown)
def add(wanted: dict[str, Any]) -> dict[str, Any]:
    """Make a key.  It is shown in this answer and never again."""
    actor = guard.actor()
    if wanted["clinic_id"]:
        guard.reach(wanted["clinic_id"])
    key = {**wanted, "id": ids.new(), "created_by": actor.id, "now": clock.now()}
    with transaction() as tx:
        return api_keys.add(tx, key, PREFIX + secrets.token_urlsafe(32), actor.roles)


@blueprint.route("/<uuid:key_id>", methods=["DELETE"])
@requires("api-keys:write")
@blueprint.response(204)
def revoke(key_id: UUID) -> None:
    """End a key."""
    with transaction() as tx:
        api_keys.revoke(tx, key_id, clock.now())


@blueprint.route("/exchange", methods=["POST"])
@public("the key proves who asks")
@blueprint.arguments(KeyToExchange)
@blueprint.response(200, AccessToken)
def exchange(given: dict[str, Any]) -> dict[str, Any]:
    """Exchange an API key for a two-minute access token.

    Services do this for you: send the key itself as bearer token.
    """
    token = token_for(given["key"])
    if token is None:
        raise TokenRefused("This API key is not valid any more.")
    return {"access_token": token, "expires_in": int(LIFETIME.total_seconds())}


def token_for(secret: str) -> str | None:
    """Return an access token for a key, None for one that does not count."""
    now = clock.now()
    with transaction(db.EVERY_CLINIC) as tx:
        key = api_keys.use(tx, secret, now)
    if key is None:
        return None
    clinics = frozenset({key["clinic_id"]}) if key["clinic_id"] else None
    return signer.sign(Actor(key["id"], frozenset({key["role"]}), clinics), now, LIFETIME)
