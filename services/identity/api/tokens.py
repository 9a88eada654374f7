"""HTTP edge for signing in and staying signed in."""

import secrets
from typing import Any

from flask import Response, request
from prometheus_client import Counter

from services.identity.api import signer
from services.identity.domain.staff import Person
from services.identity.store import staff as store
from services.identity.usecases import passwords, signing_keys
from services.identity.usecases import sign_in as session
from shared import clock, db, ids
from shared.http import tokens
from shared.http.addresses import client_address
from shared.http.blueprints import Blueprint
from shared.http.guard import public
from shared.http.tokens import Actor
from shared.http.transactions import transaction
from shared.logging import logger
from shared.schemas.staff import Credentials, Jwks, RefreshToken, Tokens

blueprint = Blueprint("tokens", __name__, url_prefix="/v1", description="Signing in")
REUSED = Counter("needlepoint_refresh_reuse_total", "Refresh tokens that came a second time.")
REFUSED = Counter("needlepoint_sign_in_refused_total", "Sign-ins refused.")
LIFETIME_S = int(tokens.LIFETIME.total_seconds())
_log = logger(__name__)


@blueprint.route("/tokens", methods=["POST"])
@public("this is how people sign in")
@blueprint.arguments(Credentials)
@blueprint.response(200, Tokens)
def sign_in(given: dict[str, Any]) -> dict[str, Any]:
    """Sign in.

    Ten minutes of access, renewed with the refresh token for up to twelve hours.  Too many tries
    slow down (429).
    """
    now, address = clock.now(), client_address()
    with transaction(db.EVERY_CLINIC) as tx:
        row = session.begin(tx, given["email"], address, now)
    right = passwords.matches(given["password"], row["password_hash"] if row else None)
    if row is None or not right or not row["active"]:
        REFUSED.inc()
        raise session.refused()
    new = session.NewSession(ids.new(), _new_refresh_token(), address)
    with transaction(db.EVERY_CLINIC) as tx:
        person = session.finish(tx, row, given.get("otp"), new, now)
        if passwords.is_outdated(row["password_hash"]):
            store.set_password(tx, person.id, passwords.hashed(given["password"]))
    return _tokens(person, new.refresh_token)


@blueprint.route("/tokens/refresh", methods=["POST"])
@public("the refresh token proves who asks")
@blueprint.arguments(RefreshToken)
@blueprint.response(200, Tokens)
def refresh(given: dict[str, Any]) -> dict[str, Any]:
    """Exchange a refresh token for the next, with a new access token.

    Each counts once.  One that comes a second time was stolen or lost: its whole sign-in ends.
    """
    next_token = _new_refresh_token()
    with transaction(db.EVERY_CLINIC) as tx:
        renewal = session.renew(tx, given["refresh_token"], next_token, clock.now())
    if renewal.stolen_session:
        REUSED.inc()
        session_id = renewal.stolen_session
        _log.warning("refresh token used twice; its sign-in was ended", session_id=session_id)
    return _tokens(session.require_signed_in(renewal), next_token)


@blueprint.route("/tokens/revoke", methods=["POST"])
@public("the refresh token proves who asks")
@blueprint.arguments(RefreshToken)
@blueprint.response(204)
def revoke(given: dict[str, Any]) -> None:
    """Sign out.  An unknown token is no error (RFC 7009)."""
    with transaction(db.EVERY_CLINIC) as tx:
        session.sign_out(tx, given["refresh_token"], clock.now())


@blueprint.route("/jwks", methods=["GET"])
@public("public keys are public")
@blueprint.response(200, Jwks)
def jwks() -> Any:
    """Return the keys by which access tokens are checked."""
    with transaction(db.NO_CLINIC) as tx:
        signing_keys.current(tx, signer.kid_of(ids.new()), clock.now())
        return signing_keys.jwks(tx, clock.now())


@blueprint.after_request
def let_keys_be_kept(response: Response) -> Response:
    """Let keys, and nothing else, be cached."""
    if response.is_json and response.status_code == 200 and _is_jwks():  # noqa: PLR2004 # found
        response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _is_jwks() -> bool:
    return request.endpoint == "tokens.jwks"


def _new_refresh_token() -> str:
    return "npr_" + secrets.token_urlsafe(32)


def _tokens(person: Person, refresh_token: str) -> dict[str, Any]:
    actor = Actor(person.id, person.roles, person.reach, person.epoch)
    return {
        "access_token": signer.sign(actor, clock.now()),
        "refresh_token": refresh_token,
        "expires_in": LIFETIME_S,
    }
