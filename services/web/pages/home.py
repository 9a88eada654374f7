"""The first address: everybody lands on their own page."""

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from services.web.domain.places import home_of
from services.web.pages import gate

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@gate.signed_in()
def home() -> Response:
    """Go to the page that fits the role."""
    return redirect(home_of(gate.visitor().person.roles))
