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
from services.device_telemetry.domain.credentials import Caller
from services.device_telemetry.domain.topology import ENTRANCE
from services.device_telemetry.store.credentials import Entry
from services.device_telemetry.usecases import credentials
from services.device_telemetry.usecases.topology import Proof
from shared import clock, db
from shared.http.blueprints import Blueprint
from shared.http.guard import public
from shared.http.transactions import question

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
_proof = Proof(lambda: management.Sight(management.address()))


@blueprint.route("/user", methods=["POST"])
@public(WHY)
@blueprint.doc(**SAYS)
def user() -> Response:
    """Say whether a device may connect, by a secret that holds or a certificate that names it.

    Its id is its user name and its client id.  Nobody may before the broker keeps everything that
    it will acknowledge.
    """
    caller = rules.caller(_said("username"))
    if caller is None or not _is_possible(caller) or not _proof.stands():
        return _answer(allowed=False)
    entry = _look_up(caller.device_id)
    if entry is None:
        return _answer(allowed=False)
    if caller.certified:
        return _answer(allowed=_admits(entry, caller))
    return _answer(allowed=rules.opens(_said("password"), entry.fingerprints))


def _is_possible(caller: Caller) -> bool:
    """Say whether what the broker tells can be so.

    Whoever came by a certificate has no password, not even an empty one; the broker then leaves out
    the client id and the virtual host, and names them in its next question, /vhost.
    """
    if caller.certified and "password" not in request.form:
        return "client_id" not in request.form or _is_itself(caller)
    return not caller.certified and _said("vhost") == rules.VHOST and _is_itself(caller)


@blueprint.route("/vhost", methods=["POST"])
@public(WHY)
@blueprint.doc(**SAYS)
def vhost() -> Response:
    """Say whether a device may enter a virtual host, under its own name and no other."""
    return _decide(
        lambda caller, _entry: _said("vhost") == rules.VHOST and _is_itself(caller),
    )


@blueprint.route("/resource", methods=["POST"])
@public(WHY)
@blueprint.doc(**SAYS)
def resource() -> Response:
    """Say whether a device may touch an exchange or queue."""
    return _decide(
        lambda caller, _entry: (
            _said("vhost") == rules.VHOST
            and rules.may_touch(
                caller.device_id, _said("resource"), _said("name"), _said("permission")
            )
        )
    )


@blueprint.route("/topic", methods=["POST"])
@public(WHY)
@blueprint.doc(**SAYS)
def topic() -> Response:
    """Say whether a device may write or read a topic."""
    return _decide(
        lambda caller, entry: (
            _said("vhost") == rules.VHOST
            and _said("name") == ENTRANCE
            and rules.may_use_topic(
                entry.clinic_id, caller.device_id, _said("permission"), _said("routing_key")
            )
        )
    )


def _decide(rule: Callable[[Caller, Entry], bool]) -> Response:
    caller = rules.caller(_said("username"))
    entry = _remembered(caller.device_id) if caller else None
    if caller is None or entry is None or not _admits(entry, caller):
        return _answer(allowed=False)
    return _answer(allowed=rule(caller, entry))


def _admits(entry: Entry, caller: Caller) -> bool:
    """Say whether a caller's certificate still holds; a secret was looked at when it connected."""
    return not caller.certified or caller.credential_id in entry.certificates


def _is_itself(caller: Caller) -> bool:
    """Say whether the client id is the device's own: whoever has another's takes its place."""
    return _said("client_id") == str(caller.device_id)


def _remembered(device: UUID) -> Entry | None:
    """Return what opens the door for a device, at most KEPT_S old."""
    now = time.monotonic()
    found = _kept.get(device)
    if found and now - found[1] < KEPT_S:
        return found[0]
    return _look_up(device)


def _look_up(device: UUID) -> Entry | None:
    entry = credentials.entry(question(db.EVERY_CLINIC), device, clock.now())
    with _lock:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[device] = (entry, time.monotonic())
    return entry


def _said(name: str) -> str:
    return request.form.get(name, "")


def _answer(*, allowed: bool) -> Response:
    return Response("allow" if allowed else "deny", mimetype="text/plain")
