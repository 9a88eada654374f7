"""The description of every service's API on one page, and as the document that programs read."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template

from services.web.domain import api_page
from services.web.pages import gate
from shared.errors import Unavailable
from shared.http.guard import public

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"

blueprint = Blueprint("api_docs", __name__)


@blueprint.get("/api/docs")
@public("integrators read it before they have an account")
def page() -> str:
    """Show every operation."""
    document = _document()
    gate.recognise()
    return render_template("api_docs.html", groups=api_page.read(document), info=document["info"])


@blueprint.get("/api/openapi.json")
@public("integrators read it before they have an account")
def document() -> Response:
    """Send the document itself."""
    return Response(json.dumps(_document()), mimetype="application/json")


@cache
def _document() -> dict[str, Any]:
    """Return the merged document.  Raises Unavailable when it was not made."""
    try:
        found: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    except OSError as missing:
        raise Unavailable("The description of the API was not made on this machine.") from missing
    return found
