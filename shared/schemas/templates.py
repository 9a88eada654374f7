"""Templates of messages, and what they look like."""

from shared.schemas.base import Choice, Request, Text, View
from shared.schemas.messages import CHANNELS, KINDS


class TemplateView(View):
    """One wording that we ship."""

    kind = Choice(KINDS, required=True)
    channel = Choice(CHANNELS, required=True)
    locale = Text(required=True, most=20)
    version = Text(
        required=True,
        most=80,
        metadata={"description": "Changes with the wording; each message names the one it was"},
    )


class PreviewQuery(Request):
    """Which wording to show."""

    locale = Text(most=20, load_default="en")


class PreviewView(View):
    """A message to a client who does not exist."""

    kind = Choice(KINDS, required=True)
    locale = Text(required=True, most=20)
    version = Text(required=True, most=80)
    subject = Text(required=True, most=300)
    text = Text(required=True, most=20_000)
    html = Text(required=True, most=50_000)
