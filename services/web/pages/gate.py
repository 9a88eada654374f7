"""Who is looking at a page, and whether a form really comes from one of ours."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g, request
from werkzeug.wrappers import Response as AnyResponse

from services.web.clients.identity import Identity
from services.web.domain import sessions as rules
from services.web.domain.sessions import Person, Session
from services.web.settings import Settings
from services.web.usecases import sessions
from shared import clock
from shared.errors import Forbidden, Unauthenticated
from shared.http.tokens import Actor
from shared.http.transactions import transaction
from shared.permissions import allows

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OPENED_BY_ADDRESS = frozenset({"visit"})  # blueprints
_LONGEST_COOKIE = 100
View = Callable[..., Any]


class FromElsewhere(Forbidden):
    """The request was not made on one of our pages."""

    type = "not-from-our-page"
    title = "This did not come from our page"


@dataclass(slots=True)
class Visitor:
    """The signed-in person of this request."""

    session: Session
    cookie: str

    @property
    def person(self) -> Person:
        """Return who it is."""
        return self.session.person

    @property
    def actor(self) -> Actor:
        """Return who it is, as the services say it."""
        clinics = self.person.clinic_ids
        reach = None if clinics is None else frozenset(clinics)
        return Actor(self.person.id, self.person.roles, reach)

    @property
    def form_token(self) -> str:
        """Return what this session's forms carry."""
        return rules.form_token(self.cookie)

    @property
    def token(self) -> str:
        """Return an access token that lasts for this request.  Raises Unauthenticated."""
        now = clock.now()
        if rules.needs_new_tokens(self.session.tokens, now):
            with transaction() as tx:
                renewed = sessions.renew(tx, self.session, identity(), now)
            if renewed is None:
                raise Unauthenticated("Your sign-in has ended. Please sign in again.")
            self.session = renewed
        return self.session.tokens.access

    def may(self, permission: str) -> bool:
        """Say whether one of the person's roles holds the permission."""
        return allows(permission, self.person.roles)


def signed_in(permission: str | None = None, *, in_person: bool = True) -> Callable[[View], View]:
    """Let signed-in people in, of whom one may ask for a permission; forms must be ours.

    `in_person` is false on routes that pages ask by themselves: those do not keep a sign-in alive.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(*args: Any, **kwargs: Any) -> Any:
            who = find(in_person=in_person)
            if who is None:
                raise Unauthenticated("Please sign in.")
            g.visitor = who
            g.actor = who.actor  # for the log: the id only
            if request.method not in SAFE:
                _check_form(who)
            if permission is not None and not who.may(permission):
                raise Forbidden("Your role does not open this page.")
            return view(*args, **kwargs)

        gated.guarded_by = {"page": permission or "signed in"}  # type: ignore[attr-defined]
        return gated

    return decorate


def visitor() -> Visitor:
    """Return who is looking.  Raises Unauthenticated outside of @signed_in."""
    found: Visitor | None = g.get("visitor")
    if found is None:
        raise Unauthenticated("Please sign in.")
    return found


def find(*, in_person: bool) -> Visitor | None:
    """Return the session of the request's cookie, if it goes on."""
    cookie = request.cookies.get(settings().cookie, "")
    if not 0 < len(cookie) <= _LONGEST_COOKIE or not cookie.isascii():
        return None
    with transaction() as tx:
        session = sessions.find(tx, cookie, in_person=in_person, now=clock.now())
    return Visitor(session, cookie) if session else None


def recognise() -> None:
    """Let an open page show its menu to somebody who is signed in."""
    who = find(in_person=True)
    if who is not None:
        g.visitor = who


def settings() -> Settings:
    """Return what this process was told."""
    found: Settings = current_app.config["WEB"]
    return found


def identity() -> Identity:
    """Return identity's client."""
    found: Identity = current_app.extensions["identity"]
    return found


def set_cookie(response: AnyResponse, cookie: str | None) -> None:
    """Give the browser its cookie, or take it away; it ends with the browser at the latest."""
    plain = settings().plain_cookie
    response.set_cookie(
        settings().cookie,
        cookie or "",
        max_age=None if cookie else 0,
        path="/",
        secure=not plain,
        httponly=True,
        samesite="Lax",
    )


def refuse_strangers() -> None:
    """Before every request: raise FromElsewhere for a change that another site asks for.

    A client's page is opened by the secret in its address, not by a cookie that a browser adds by
    itself: there is nothing that another site could ride on.

    Browsers say where a request comes from, and pages cannot make them lie: Sec-Fetch-Site where
    the connection is secure or local, Origin elsewhere.  Neither: refused.
    """
    if request.method in SAFE or request.blueprint in OPENED_BY_ADDRESS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin", "")
    ours = site == "same-origin" if site else urlsplit(origin).netloc == request.host != ""
    if not ours:
        raise FromElsewhere("Please go back, reload the page and try again.")


def _check_form(who: Visitor) -> None:
    """Raise FromElsewhere unless the form, or the script's header, carries the session's token."""
    given = request.headers.get("X-Form-Token") or request.form.get("form_token", "")
    if not compare_digest(given.encode(), who.form_token.encode()):
        raise FromElsewhere("This page is old. Please reload it and try again.")
