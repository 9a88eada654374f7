"""A client's whole record, for the client."""

from marshmallow import fields

from shared.schemas.adverse_events import AdverseEventView
from shared.schemas.base import Moment, View
from shared.schemas.clients import ClientView
from shared.schemas.consents import SignedConsentView
from shared.schemas.screenings import AnsweredScreeningView
from shared.schemas.sessions import SessionView


class ExportView(View):
    """Everything that is kept of a client."""

    exported_at = Moment(required=True)
    client = fields.Nested(ClientView, required=True)
    screenings = fields.List(fields.Nested(AnsweredScreeningView), required=True)
    consents = fields.List(fields.Nested(SignedConsentView), required=True)
    sessions = fields.List(fields.Nested(SessionView), required=True)
    adverse_events = fields.List(fields.Nested(AdverseEventView), required=True)
