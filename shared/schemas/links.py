"""What a client sees and says by a signed link.  No names of people, nothing about health."""

from marshmallow import fields

from shared.links import PURPOSES
from shared.schemas.base import Currency, Flag, Moment, Request, View, Whole
from shared.schemas.spans import Span

MOST_DAYS = 42


class LateFeeView(View):
    """An amount in minor units with its ISO 4217 currency."""

    amount_minor = fields.Integer(required=True)
    currency = fields.String(required=True)


class LinkView(View):
    """The appointment behind a link, and what may be done.  Times in UTC with the clinic's zone."""

    token = fields.String(
        required=True, metadata={"description": "The link's own; after a move, of the new time"}
    )
    purpose = fields.String(required=True, metadata={"enum": list(PURPOSES), "example": "confirm"})
    clinic_name = fields.String(required=True)
    clinic_phone = fields.String(required=True, allow_none=True)
    treatment_name = fields.String(required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    time_zone = fields.String(required=True)
    status = fields.String(
        required=True, metadata={"description": "The appointment's, or the offer's"}
    )
    done = Flag(required=True, metadata={"description": "Whether it was done already"})
    until = Moment(required=True, metadata={"description": "Until when it may be done"})
    may = Flag(required=True, metadata={"description": "Whether it may be done now"})
    why_not = fields.String(
        required=True, allow_none=True, metadata={"description": "A sentence for the client"}
    )
    late_fee = fields.Nested(
        LateFeeView,
        required=True,
        allow_none=True,
        metadata={"description": "What cancelling now costs; it must be accepted"},
    )
    free_until = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "Until when cancelling costs nothing; null for an offer"},
    )


class LinkTimesArgs(Span):
    """Starts in a span of at most 42 days."""


class LinkTimeView(View):
    """A time to which the appointment can move."""

    starts_at = Moment(required=True)
    ends_at = Moment(required=True)


class LinkTimesView(View):
    """Times in UTC; `time_zone` is the clinic's."""

    time_zone = fields.String(required=True)
    times = fields.List(fields.Nested(LinkTimeView), required=True)


class LinkMove(Request):
    """Where to: one of the listed times."""

    starts_at = Moment(required=True, metadata={"example": "2030-01-08T10:00:00Z"})


class AcceptedFee(Request):
    """The amount in minor units that the client was shown, with its ISO 4217 currency."""

    amount_minor = Whole(required=True, least=1, metadata={"example": 9000})
    currency = Currency(required=True, metadata={"example": "GBP"})


class LinkCancel(Request):
    """Which late fee, if there is one by now, is accepted: the amount, or whatever it is."""

    accept_fee = Flag(load_default=False, metadata={"description": "Whatever it is"})
    accepted_fee = fields.Nested(
        AcceptedFee,
        load_default=None,
        allow_none=True,
        metadata={"description": "This one: 409 when cancelling costs another amount by now"},
    )
