"""A client's ledger, as it crosses the wire.  Amounts in minor units of their currency."""

from marshmallow import fields

from shared.schemas.base import Choice, Currency, Id, Moment, Request, Text, View, Whole

PAYMENTS = ("deposit_paid", "fee_paid", "refunded")


class NewEntry(Request):
    """What was paid or given back; never more than is open.  No health data in `reason`."""

    kind = Choice(PAYMENTS, required=True, metadata={"example": "deposit_paid"})
    amount_minor = Whole(required=True, least=1, metadata={"example": 2500})
    currency = Currency(required=True, metadata={"example": "GBP"})
    reference = Text(
        load_default=None, allow_none=True, metadata={"description": "A receipt's number"}
    )
    reason = Text(load_default=None, allow_none=True)


class NewWaiver(Request):
    """What of the open amount need not be paid.  No health data in `reason`."""

    amount_minor = Whole(required=True, least=1, metadata={"example": 2500})
    currency = Currency(required=True, metadata={"example": "GBP"})
    reason = Text(load_default=None, allow_none=True)


class NewPayment(Request):
    """What the payment provider tells of money that moved.  `reference` is the provider's own."""

    reference = Text(required=True, metadata={"example": "pay_1029"})
    appointment_id = Id(required=True)
    kind = Choice(PAYMENTS, required=True, metadata={"example": "deposit_paid"})
    amount_minor = Whole(required=True, least=1, metadata={"example": 2500})
    currency = Currency(required=True, metadata={"example": "GBP"})


class EntryView(View):
    """One entry.  Positive: the client owes it; negative: paid, waived, or asked for no longer."""

    id = Id(required=True)
    appointment_id = Id(required=True)
    client_id = Id(required=True)
    kind = fields.String(required=True)
    amount_minor = fields.Integer(required=True)
    currency = fields.String(required=True)
    entered_at = Moment(required=True)
    entered_by = Id(required=True, allow_none=True)  # null: the platform, or the payment provider
    reference = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class BalanceView(View):
    """What is open in a currency; negative: the clinic owes it to the client."""

    currency = fields.String(required=True)
    amount_minor = fields.Integer(required=True)


class LedgerView(View):
    """A page of entries, the oldest first, and what is open of all pages together."""

    items = fields.List(fields.Nested(EntryView), required=True)
    next = fields.String(
        required=True, allow_none=True, metadata={"description": "Cursor of the next page"}
    )
    balances = fields.List(fields.Nested(BalanceView), required=True)
