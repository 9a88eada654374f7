"""The same request twice has one effect and one answer.

The key's row is written in the transaction of the business rows: either both are there or neither.
A repeat waits for the first (the unique row holds it) and gets its answer; a refusal is not kept,
for nothing happened.  Answers are kept sealed for a day.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from functools import wraps
from itertools import count
from typing import Any

from flask import Response, current_app, g, request
from psycopg2.errors import LockNotAvailable

from shared import clock, crypto
from shared.db import Transaction
from shared.errors import Conflict, DomainError, Rejected
from shared.http import transactions

KEPT_FOR = timedelta(hours=24)
_SHAPE = re.compile(r"[\x21-\x7e]{1,255}")
_SWEEP_EVERY = 200  # keys; so that services without a timer tidy up too
_claims = count(1)

# An answer older than a day is overwritten as if it had never been.
_CLAIM = """
INSERT INTO idempotency_keys AS known (principal, route, key, fingerprint, created_at)
VALUES (%(principal)s, %(route)s, %(key)s, %(fingerprint)s, %(now)s)
ON CONFLICT (principal, route, key) DO UPDATE
SET fingerprint = excluded.fingerprint, response = NULL, created_at = excluded.created_at
WHERE known.created_at < %(oldest)s
RETURNING key
"""
_FIND = """
SELECT fingerprint, response FROM idempotency_keys
WHERE principal = %(principal)s AND route = %(route)s AND key = %(key)s
"""
_KEEP = """
UPDATE idempotency_keys SET response = %(response)s
WHERE principal = %(principal)s AND route = %(route)s AND key = %(key)s
"""
_FORGET = """
DELETE FROM idempotency_keys WHERE ctid IN (
    SELECT ctid FROM idempotency_keys WHERE created_at < %(oldest)s
    LIMIT 1000 FOR UPDATE SKIP LOCKED
)
"""


class KeyMalformed(DomainError):
    """An Idempotency-Key is 1 to 255 visible ASCII characters."""

    type = "idempotency-key-malformed"
    title = "The Idempotency-Key cannot be used"


class KeyReused(Rejected):
    """The key came before with another request."""

    type = "idempotency-key-reused"
    title = "This Idempotency-Key belongs to another request"


class StillRunning(Conflict):
    """The first request with this key has not ended."""

    type = "request-in-progress"
    title = "The first request is still being worked on"


def idempotent(view: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a repeat of the request, known by its Idempotency-Key, with the first answer.

    Without the header the view just runs.  Raises KeyMalformed, KeyReused or StillRunning.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return view(*args, **kwargs)
        if not _SHAPE.fullmatch(key):
            raise KeyMalformed("Send 1 to 255 visible ASCII characters, such as a UUID.")
        claim = _claim_of(key)
        with transactions.opened() as tx:
            kept = _claim(tx, claim)
            if kept is not None:
                return _replay(kept, claim)
            response = current_app.make_response(view(*args, **kwargs))
            tx.later(_KEEP, claim | {"response": _sealed(response, claim)})
            return response

    apidoc = deepcopy(getattr(once, "_apidoc", {}))
    apidoc["idempotent"] = True
    once._apidoc = apidoc  # type: ignore[attr-defined] # noqa: SLF001 # flask-smorest's own name
    return once


def forget_old(tx: Transaction, now: datetime) -> int:
    """Delete answers older than a day, at most 1,000 at once.  Return how many."""
    return tx.run(_FORGET, {"oldest": now - KEPT_FOR})


def _claim_of(key: str) -> dict[str, Any]:
    actor = g.get("actor")
    rule = request.url_rule.rule if request.url_rule else request.path
    return {
        "principal": str(actor.id) if actor else "public",
        "route": f"{request.method} {rule}",
        "key": key,
        "fingerprint": _fingerprint(),
    }


def _fingerprint() -> bytes:
    """Return a hash of what is asked: address, query and body, however its fields are ordered."""
    body = request.get_data(cache=True)
    if request.is_json:
        body = json.dumps(current_app.json.loads(body), sort_keys=True).encode() if body else b""
    head = f"{request.full_path}\n{request.mimetype}\n".encode()
    return hashlib.sha256(head + body).digest()


def _claim(tx: Transaction, claim: dict[str, Any]) -> bytes | None:
    """Take the key for this request, or return the sealed answer of the first."""
    now = clock.now()
    if next(_claims) % _SWEEP_EVERY == 0:
        forget_old(tx, now)
    try:
        if tx.one(_CLAIM, claim | {"now": now, "oldest": now - KEPT_FOR}):
            return None
    except LockNotAvailable as waiting:
        raise _still_running() from waiting
    known = tx.one(_FIND, claim)
    if known is None or known["response"] is None:
        raise _still_running()
    if bytes(known["fingerprint"]) != claim["fingerprint"]:
        raise KeyReused("Use a new Idempotency-Key for a new request.")
    return bytes(known["response"])


def _still_running() -> StillRunning:
    return StillRunning("The first request is still being worked on.", retry_after_s=1)


def _box() -> crypto.Box:
    return crypto.box("idempotency")


def _place(claim: dict[str, Any]) -> bytes:
    return crypto.place("idempotency_keys", claim["principal"], claim["route"], claim["key"])


def _sealed(response: Response, claim: dict[str, Any]) -> bytes:
    kept = {
        "status": response.status_code,
        "headers": [list(pair) for pair in response.headers if pair[0] != "Content-Length"],
        "etag": g.get("etag"),
        "body": base64.b64encode(response.get_data()).decode(),
    }
    return _box().seal(json.dumps(kept).encode(), _place(claim))


def _replay(sealed: bytes, claim: dict[str, Any]) -> Response:
    kept = json.loads(_box().open(sealed, _place(claim)))
    g.etag = kept["etag"]
    response = current_app.response_class(base64.b64decode(kept["body"]), kept["status"])
    response.headers.clear()
    for name, value in kept["headers"]:
        response.headers.add(name, value)
    response.headers["Idempotency-Replayed"] = "true"
    return response
