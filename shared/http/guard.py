"""Who is asking, and may they.  A route carries @requires, or says with @public why it is open."""

import threading
import time
from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from typing import Any
from uuid import UUID

from flask import Flask, current_app, g, request
from marshmallow import ValidationError

from shared import db, settings, staff
from shared.errors import Forbidden, NotFound, Unauthenticated
from shared.http import api_keys, keys, tokens, transactions
from shared.http.tokens import Actor, TokenRefused
from shared.permissions import PERMISSIONS

__all__ = ["Actor", "actor", "public", "reach", "requires"]

View = Callable[..., Any]
_EXTENSION = "needlepoint-guard"
_epochs: dict[UUID, tuple[int, float]] = {}
_MAX_EPOCHS = 10_000


class Guard:
    """How one app recognises people."""

    def __init__(
        self, key_set: tokens.Keys | None = None, exchange: api_keys.Exchange | None = None
    ) -> None:
        """Only identity passes its own keys and exchange; all others ask identity."""
        self._keys = key_set
        self._api_keys = api_keys.ApiKeys(exchange or api_keys.ask_identity)
        self._tokens = tokens.Reader()
        self._lock = threading.Lock()

    def recognise(self, credential: str) -> Actor:
        """Return whom an access token or API key speaks for.  Raises TokenRefused, Unavailable."""
        if credential.startswith(api_keys.PREFIX):
            credential = self._api_keys.token(credential)
        found = self._tokens.read(credential, self._key_set())
        if found.epoch < _epoch(found.id):
            raise TokenRefused("Your rights have changed. Please sign in again.")
        return found

    def _key_set(self) -> tokens.Keys:
        with self._lock:
            if self._keys is None:
                self._keys = keys.configured()
            return self._keys


def install(app: Flask, guard: Guard) -> None:
    """Let `app` recognise people by `guard`."""
    app.extensions[_EXTENSION] = guard


def requires(permission: str) -> Callable[[View], View]:
    """Let only holders of `permission` in: 401, 403, and 404 for a clinic_id not theirs."""
    if permission not in PERMISSIONS:
        raise KeyError(f"shared/permissions.py does not know {permission!r}.")

    def decorate(view: View) -> View:
        refuse_query = _query_check(view)

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            g.actor = None
            who = _guard().recognise(_credential())
            if not who.may(permission):
                raise Forbidden("Your role does not allow this.", permission=permission)
            g.actor = who
            clinic_id = kwargs.get("clinic_id")
            if clinic_id is not None:
                reach(clinic_id)
            refuse_query()
            return view(*args, **kwargs)

        return _documented(guarded, permission=permission)

    return decorate


def public(why: str) -> Callable[[View], View]:
    """Let everybody in, for the reason `why`; the view checks what it must itself."""

    def decorate(view: View) -> View:
        refuse_query = _query_check(view)

        @wraps(view)
        def opened(*args: Any, **kwargs: Any) -> Any:
            refuse_query()
            return view(*args, **kwargs)

        return _documented(opened, public=why)

    return decorate


def actor() -> Actor:
    """Return who is asking.  Raises Unauthenticated on a public route."""
    found: Actor | None = g.get("actor")
    if found is None:
        raise Unauthenticated("Sign in and try again.")
    return found


def reach(clinic_id: UUID) -> None:
    """Raise NotFound unless the clinic, named in a body or query, is one of the caller's."""
    if not actor().reaches(clinic_id):
        raise NotFound("There is nothing here.")


def _guard() -> Guard:
    found: Guard = current_app.extensions[_EXTENSION]
    return found


def _credential() -> str:
    kind, _, credential = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not credential.strip():
        raise Unauthenticated("Sign in and try again.")
    return credential.strip()


def _epoch(staff_id: UUID) -> int:
    """Return since when the person's tokens count, at most STAFF_EPOCH_S seconds old."""
    now = time.monotonic()
    kept = _epochs.get(staff_id)
    if kept and now - kept[1] < settings.number("STAFF_EPOCH_S", 10):
        return kept[0]
    transactions.open_pool_once()
    with db.transaction() as tx:
        epoch = staff.epoch_of(tx, staff_id)
    if len(_epochs) >= _MAX_EPOCHS:
        _epochs.clear()
    _epochs[staff_id] = (epoch, now)
    return epoch


def _query_check(view: View) -> Callable[[], None]:
    """Return what refuses a query of a route that documents none; pages read theirs themselves."""
    apidoc = getattr(view, "_apidoc", None)
    parameters = (apidoc or {}).get("arguments", {}).get("parameters", [])
    free = apidoc is None or any(each["in"] == "query" for each in parameters)

    def check() -> None:
        if not free and request.args:
            unknown = {name: ["Unknown field."] for name in sorted(request.args)}
            raise ValidationError({"query": unknown})

    return check


def _documented(view: View, **facts: str) -> View:
    """Leave the facts where guards and the OpenAPI page find them."""
    apidoc = deepcopy(getattr(view, "_apidoc", {}))
    apidoc["guard"] = facts
    view._apidoc = apidoc  # type: ignore[attr-defined] # noqa: SLF001 # flask-smorest's own name
    view.guarded_by = facts  # type: ignore[attr-defined]
    return view
