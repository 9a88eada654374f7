"""Signing in and out."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from services.web.domain import sessions as rules
from services.web.domain.places import home_of, is_local
from services.web.pages import gate
from services.web.usecases import sessions
from shared import clock, settings
from shared.errors import DomainError, Rejected, TooMany, Unauthenticated, Unavailable
from shared.http.addresses import client_address
from shared.http.guard import public
from shared.http.transactions import transaction
from shared.logging import log_fault

MOST = {"email": 254, "password": 256, "otp": 12}
CODE_WANTED = "one-time-code-required"

blueprint = Blueprint("signing", __name__)


@blueprint.get("/sign-in")
@public("nobody is signed in yet")
def page() -> AnyResponse:
    """Show the form, or go on when somebody is signed in already."""
    who = gate.find(in_person=True)
    if who is not None:
        return redirect(_next() or home_of(who.person.roles))
    return _form(200)


@blueprint.post("/sign-in")
@public("nobody is signed in yet; the origin is checked")
def sign_in() -> AnyResponse:
    """Ask identity, begin a session, and go to where the person wanted to be."""
    given = {name: request.form.get(name, "") for name in MOST}
    given["email"] = given["email"].strip()
    given["otp"] = given["otp"].replace(" ", "")
    try:
        _check(given)
        now = clock.now()
        asked = {name: value for name, value in given.items() if value}
        person, tokens = gate.identity().sign_in(asked, client_address(), now)
    except (Unauthenticated, Rejected, TooMany, Unavailable) as refused:
        return _refused(refused, given)
    cookie = rules.new_id()
    with transaction() as tx:
        sessions.end(tx, request.cookies.get(gate.settings().cookie, ""))
        sessions.begin(tx, cookie, person, tokens, now)
    response = redirect(_next() or home_of(person.roles), 303)
    gate.set_cookie(response, cookie)
    return response


@blueprint.post("/sign-out")
@gate.signed_in()
def sign_out() -> AnyResponse:
    """End the session here and at identity."""
    with transaction() as tx:
        ended = sessions.end(tx, gate.visitor().cookie)
    if ended is not None:
        try:
            gate.identity().revoke(ended.tokens.refresh)
        except DomainError as unheard:  # the session is gone here; its tokens end by themselves
            log_fault(unheard)
    response = redirect("/sign-in?left=1", 303)
    gate.set_cookie(response, None)
    return response


@blueprint.post("/session/seen")
@gate.signed_in()
def seen() -> tuple[str, int]:
    """Keep the sign-in of somebody who works on a page that needs no other request."""
    return "", 204


def _check(given: dict[str, str]) -> None:
    """Raise Rejected for what no account can have: identity need not be asked."""
    if not given["email"] or not given["password"]:
        raise Rejected("Please type your e-mail address and your password.")
    too_long = any(len(given[name]) > most for name, most in MOST.items())
    if too_long or "\x00" in "".join(given.values()):
        raise Unauthenticated("E-mail or password is not right.")


def _refused(refused: DomainError, given: dict[str, str]) -> Response:
    """Show the form again, with the reason and what was typed, never the password."""
    kind = str(refused.members.get("problem_type", ""))
    wants_code = kind.endswith(CODE_WANTED) or bool(given["otp"])
    response = _form(
        refused.status, refused=str(refused), email=given["email"], wants_code=wants_code
    )
    if wait := refused.members.get("retry_after_s"):
        response.headers["Retry-After"] = str(wait)
    return response


def _form(status: int, **shown: object) -> Response:
    page_ = render_template(
        "sign_in.html",
        next=_next() or "",
        left=request.args.get("left"),
        development=settings.environment() == "development",
        **shown,
    )
    return make_response(page_, status)


def _next() -> str | None:
    """Return where to go after signing in, if that is a page of ours."""
    wanted = request.values.get("next", "")
    return wanted if is_local(wanted) and urlsplit(wanted).path != "/sign-in" else None
