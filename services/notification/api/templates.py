"""HTTP edge for templates."""

from typing import Any

from services.notification.domain import wording
from services.notification.domain.messages import Kind
from services.notification.senders import letters
from shared.errors import NotFound
from shared.http import pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.schemas.templates import PreviewQuery, PreviewView, TemplateView

blueprint = Blueprint("templates", __name__, url_prefix="/v1", description="Wording of messages")


class TemplateUnknown(NotFound):
    """There is no message of that kind, or no wording of it in that locale."""

    type = "template-unknown"
    title = "This template does not exist"


@blueprint.route("/templates")
@requires("templates:read")
@blueprint.response(200, pages.listing(TemplateView))
def listed() -> dict[str, Any]:
    """List every wording that we ship."""
    items = [
        {
            "kind": kind.value,
            "channel": "email",
            "locale": locale,
            "version": letters.version(kind, locale),
        }
        for kind in Kind
        for locale in wording.LOCALES
    ]
    return {"items": items, "next": None}


@blueprint.route("/templates/<string:kind>/preview")
@requires("templates:read")
@blueprint.arguments(PreviewQuery, location="query")
@blueprint.response(200, PreviewView)
def preview(query: dict[str, Any], kind: str) -> dict[str, Any]:
    """Show a message to a client who does not exist, made the way real ones are."""
    locale = query["locale"]
    if kind not in list(Kind) or locale not in wording.LOCALES:
        raise TemplateUnknown("There is no such template.")
    letter = letters.sample(Kind(kind), locale)
    return {
        "kind": kind,
        "locale": locale,
        "version": letter.template,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
    }
