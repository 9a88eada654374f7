"""Diaries' addresses, as they cross the wire."""

from marshmallow import fields

from shared.schemas.base import Choice, Id, Moment, Request, View

KINDS = ("clinic", "practitioner", "room")


class NewCalendar(Request):
    """Whose appointments: a practitioner's, a room's, or all of the clinic."""

    kind = Choice(KINDS, required=True, metadata={"example": "clinic"})
    subject_id = Id(
        load_default=None,
        allow_none=True,
        metadata={"description": "The practitioner or room; a clinic's calendar names none"},
    )


class CalendarView(View):
    """An address that a calendar program reads, without its secret."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    kind = fields.String(required=True)
    subject_id = Id(required=True)
    created_by = Id(required=True)
    created_at = Moment(required=True)


class CalendarShown(CalendarView):
    """An address with its secret, shown this once."""

    token = fields.String(required=True)
    path = fields.String(
        required=True, metadata={"description": "Where programs read it: below this service"}
    )
