"""Tickets to live streams."""

from marshmallow import ValidationError, validates_schema

from shared.schemas.base import Choice, Id, Request, Text, View, Whole


class NewTicket(Request):
    """Which stream is to be opened."""

    stream = Choice(("headquarters", "desk"), required=True)
    clinic_id = Id(load_default=None, allow_none=True)

    @validates_schema
    def desk_has_a_clinic(self, data: dict[str, object], **_more: object) -> None:
        """Refuse a desk without a clinic, and headquarters with one."""
        if (data.get("stream") == "desk") != (data.get("clinic_id") is not None):
            raise ValidationError("A desk needs a clinic, headquarters has none.", "clinic_id")


class TicketView(View):
    """Opens one stream once."""

    ticket = Text(required=True, most=100)
    expires_in = Whole(required=True, metadata={"description": "Seconds"})


class HeadquartersQuery(Request):
    """How a browser shows who it is and where it was; programs use headers instead."""

    ticket = Text(most=100, load_default=None)
    last_event_id = Text(most=20, load_default=None)


class DeskQuery(HeadquartersQuery):
    """Whose desk."""

    clinic_id = Id(required=True)
