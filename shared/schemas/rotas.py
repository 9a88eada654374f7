"""When practitioners work: rotas, single dates, absences."""

from marshmallow import fields, validate

from shared.schemas.base import Choice, Id, LocalDate, PlannedDate, Request, Text, View, Whole
from shared.schemas.clinics import CLOCK
from shared.schemas.days import DayHoursView, day_hours

KINDS = ("leave", "training", "other")
_MOST_STRETCHES = validate.Length(max=200)
_WEEKDAYS = [{"week": 1, "weekday": 1, "opens": "09:00", "closes": "17:00"}]


class RotaEntry(Request):
    """A stretch of a weekday in the clinic's local time; `week` counts from 1."""

    week = Whole(load_default=1, least=1, most=4)
    weekday = Whole(required=True, least=1, most=7)
    opens = Text(required=True, most=5, validate=CLOCK)
    closes = Text(required=True, most=5, validate=CLOCK)


class RotaEntryView(View):
    """A stretch of a weekday in the clinic's local time."""

    week = fields.Integer(required=True)
    weekday = fields.Integer(required=True)
    opens = fields.String(required=True)
    closes = fields.String(required=True)


class NewRota(Request):
    """Weeks that repeat from `valid_from` until `valid_until`, both included.

    Null: since ever, or without end.  With `every_weeks` 2, week 1 is the one of `valid_from`,
    Monday to Sunday, and week 2 the next.
    """

    valid_from = PlannedDate(load_default=None, allow_none=True)
    valid_until = PlannedDate(load_default=None, allow_none=True)
    every_weeks = Whole(load_default=1, least=1, most=4)
    hours = fields.List(
        fields.Nested(RotaEntry),
        required=True,
        validate=_MOST_STRETCHES,
        metadata={"example": _WEEKDAYS},
    )


class RotaChange(Request):
    """What of a rota shall be different; what is left out stays."""

    valid_from = PlannedDate(allow_none=True)
    valid_until = PlannedDate(allow_none=True)
    every_weeks = Whole(least=1, most=4)
    hours = fields.List(
        fields.Nested(RotaEntry), validate=_MOST_STRETCHES, metadata={"example": _WEEKDAYS}
    )


class RotaView(View):
    """A rota of a practitioner."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    practitioner_id = Id(required=True)
    valid_from = LocalDate(required=True, allow_none=True)
    valid_until = LocalDate(required=True, allow_none=True)
    every_weeks = fields.Integer(required=True)
    hours = fields.List(fields.Nested(RotaEntryView), required=True)
    version = fields.Integer(required=True)


class NewShift(Request):
    """Other hours for one date than the rota says; without any, a day off."""

    day = PlannedDate(required=True)
    hours = day_hours(required=True)


class ShiftChange(Request):
    """Other hours for the same date."""

    hours = day_hours(required=True)


class ShiftView(View):
    """Other hours of a practitioner for one date."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    practitioner_id = Id(required=True)
    day = LocalDate(required=True)
    hours = fields.List(fields.Nested(DayHoursView), required=True)
    version = fields.Integer(required=True)


class KnownShift(View):
    """Which exception made a date what it is."""

    id = Id(required=True)
    version = fields.Integer(required=True)


class PractitionerDayView(View):
    """A date: when a practitioner works at this clinic, as far as it opens.  Away: nowhere."""

    day = LocalDate(required=True)
    hours = fields.List(fields.Nested(DayHoursView), required=True)
    away = fields.Boolean(required=True)
    exception = fields.Nested(KnownShift, required=True, allow_none=True)


class PractitionerDaysView(View):
    """Dates of a practitioner at a clinic."""

    days = fields.List(fields.Nested(PractitionerDayView), required=True)


class NewAbsence(Request):
    """Whole dates on which a person works at no clinic; both are included."""

    first_day = PlannedDate(required=True)
    last_day = PlannedDate(required=True)
    kind = Choice(KINDS, load_default="other")


class AbsenceChange(Request):
    """What of an absence shall be different; what is left out stays."""

    first_day = PlannedDate()
    last_day = PlannedDate()
    kind = Choice(KINDS)


class AbsenceView(View):
    """An absence, as those see it who plan the rotas."""

    id = Id(required=True)
    practitioner_id = Id(required=True)
    first_day = LocalDate(required=True)
    last_day = LocalDate(required=True)
    kind = fields.String(required=True)
    version = fields.Integer(required=True)
