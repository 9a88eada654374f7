"""The broker's questions: may this device connect, and touch this (rabbitmq_auth_backend_http).

Answers are `allow` or `deny` in plain text.  Who may connect is asked of the database each time, so
that an ended secret is refused at once; what a connected device may touch follows from its id and
clinic, which are remembered for a few seconds.  The gateway never forwards /broker.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Any, Final
from uuid import UUID

from flask import Response, request

from services.device_telemetry.clients import broker as management
from services.device_telemetry.domain import credentials as rules
from services.device_telemetry.settings import Settings
from services.device_telemetry.store.credentials import Entry
from services.device_telemetry.usecases import credentials
from services.device_telemetry.usecases.topology import Proof
from shared import clock, db
from shared.http.blueprints import Blueprint
from shared.http.guard import public
from shared.http.transactions import transaction

blueprint = Blueprint("broker", __name__, url_prefix="/broker")
SAYS: Final[dict[str, Any]] = {
    "description": "For the broker only: the gateway does not forward it.",
    "responses": {
        200: {
            "description": "allow or deny",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    },
}
WHY: Final = "the broker asks, from inside; the gateway does not forward it"
KEPT_S: Final = 5.0
MOST_KEPT: Final = 20_000
_kept: dict[UUID, tuple[Entry | None, float]] = {}
_lock = Lock()
_proof = Proof(lambda: management.look(Settings.from_env().management_url))


@blueprint.route("/user", methods=["POST"])
@public(WHY)
@blueprint.doc(**SAYS)
def user() -> Response:
    """Say whether a device may connect: its id as user name and client id, a secret that holds.

    Nobody may before the broker keeps everything that it will acknowledge.
    """
    name = _said("username")
    device = rules.device_id(name)
    if device is None or _said("client_id") != name or _said("vhost") != rules.VHOST:
        return _answer(allowed=False)
    if not _proof.stands():
        return _answer(allowed=False)
    entry = _look_up(device)
    return _answer(allowed=entry is not None and rules.opens(_said("password"), entry.fingerprints))


@blueprint.route("/vhost", methods=["POST"])
@public(WHY)
@blueprint.doc(**SAYS)
def vhost() -> Response:
    """Say whether a device may enter a virtual host."""
    return _decide(lambda _device, _entry: _said("vhost") == rules.VHOST)


@blueprint.route("/resource", methods=["POST"])
@public(WHY)
@blueprint.doc(**SAYS)
def resource() -> Response:
    """Say whether a device may touch an exchange or queue."""
    return _decide(
        lambda device, _entry: (
            _said("vhost") == rules.VHOST
            and rules.may_touch(device, _said("resource"), _said("name"), _said("permission"))
        )
    )


@blueprint.route("/topic", methods=["POST"])
@public(WHY)
@blueprint.doc(**SAYS)
def topic() -> Response:
    """Say whether a device may write or read a topic."""
    return _decide(
        lambda device, entry: (
            _said("vhost") == rules.VHOST
            and _said("name") == rules.EXCHANGE
            and rules.may_use_topic(
                entry.clinic_id, device, _said("permission"), _said("routing_key")
            )
        )
    )


def _decide(rule: Callable[[UUID, Entry], bool]) -> Response:
    device = rules.device_id(_said("username"))
    entry = _remembered(device) if device else None
    return _answer(allowed=device is not None and entry is not None and rule(device, entry))


def _remembered(device: UUID) -> Entry | None:
    """Return what opens the door for a device, at most KEPT_S old."""
    now = time.monotonic()
    found = _kept.get(device)
    if found and now - found[1] < KEPT_S:
        return found[0]
    return _look_up(device)


def _look_up(device: UUID) -> Entry | None:
    with transaction(db.EVERY_CLINIC) as tx:
        entry = credentials.entry(tx, device, clock.now())
    with _lock:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[device] = (entry, time.monotonic())
    return entry


def _said(name: str) -> str:
    return request.form.get(name, "")


def _answer(*, allowed: bool) -> Response:
    return Response("allow" if allowed else "deny", mimetype="text/plain")
