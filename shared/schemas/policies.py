"""A clinic's policy, as it crosses the wire."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from shared.schemas.base import Currency, Request, View, Whole

_MONTH = 43_200  # minutes of thirty days


class FeeSaid(Request):
    """An amount in minor units of the policy's currency, or a share of the price."""

    amount_minor = Whole(least=1)
    percent = Whole(least=1, most=100)

    @validates_schema
    def _one_of_two(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if len(data) != 1:
            raise ValidationError("Say either `amount_minor` or `percent`.", "amount_minor")


def _fee(what: str) -> fields.Nested:
    said = f"{what}; null: nothing is charged"
    return fields.Nested(FeeSaid, allow_none=True, metadata={"description": said})


class PolicyChange(Request):
    """What of a policy shall be different; what is left out stays.  Notice is elapsed time."""

    move_notice_minutes = Whole(most=_MONTH, metadata={"example": 1440})
    cancel_notice_minutes = Whole(most=_MONTH, metadata={"example": 2880})
    miss_grace_minutes = Whole(most=240, metadata={"example": 10})
    late_cancel_fee = _fee("What a client pays who cancels with less notice")
    no_show_fee = _fee("What a client pays who does not come")
    deposit = _fee("What a client pays beforehand")
    currency = Currency(allow_none=True, metadata={"example": "GBP"})
    offer_minutes = Whole(least=5, most=1440, metadata={"example": 30})
    most_self_moves = Whole(most=20, metadata={"example": 2})


class FeeView(View):
    """One of the two is null."""

    amount_minor = fields.Integer(required=True, allow_none=True)
    percent = fields.Integer(required=True, allow_none=True)


class PolicyView(View):
    """A clinic's policy.  Version 0: the clinic never set one, and these are the defaults."""

    move_notice_minutes = fields.Integer(required=True)
    cancel_notice_minutes = fields.Integer(required=True)
    miss_grace_minutes = fields.Integer(required=True)
    late_cancel_fee = fields.Nested(FeeView, required=True, allow_none=True)
    no_show_fee = fields.Nested(FeeView, required=True, allow_none=True)
    deposit = fields.Nested(FeeView, required=True, allow_none=True)
    currency = fields.String(required=True, allow_none=True)
    offer_minutes = fields.Integer(required=True)
    most_self_moves = fields.Integer(required=True)
    in_words = fields.List(fields.String(), required=True)
    version = fields.Integer(required=True)
