"""Imported files, as they cross the wire."""

from marshmallow import fields

from shared.schemas.base import Choice, Flag, Id, Moment, Request, View

KINDS = ("appointments", "rotas")
ROW_STATUSES = ("waiting", "done", "known", "refused")


class ImportArgs(Request):
    """What the file holds, and whether it is only tried."""

    kind = Choice(KINDS, required=True, metadata={"example": "appointments"})
    dry_run = Flag(
        load_default=False,
        metadata={"description": "Only say what would come of each row; nothing is booked"},
    )


class RowArgs(Request):
    """Which rows."""

    status = Choice(ROW_STATUSES, load_default=None)


class ImportView(View):
    """A file that is taken in, and how far it has come."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    kind = fields.String(required=True)
    dry_run = fields.Boolean(required=True)
    status = fields.String(
        required=True, metadata={"description": "`running`, `done` or `cancelled`"}
    )
    rows_total = fields.Integer(required=True)
    rows_waiting = fields.Integer(required=True)
    rows_done = fields.Integer(
        required=True, metadata={"description": "Taken in; of a dry run: would be"}
    )
    rows_known = fields.Integer(
        required=True, metadata={"description": "Taken in before: nothing changed"}
    )
    rows_refused = fields.Integer(required=True)
    created_by = Id(required=True)
    created_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)


class ImportRowView(View):
    """What came of a row."""

    line = fields.Integer(
        required=True, metadata={"description": "The line of the file in which the row begins"}
    )
    status = fields.String(required=True)
    refusal = fields.String(
        required=True, allow_none=True, metadata={"description": "Why, in a sentence"}
    )
    refusal_type = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "As the end of a problem's type: `client-busy`"},
    )
    result_id = Id(
        required=True,
        allow_none=True,
        metadata={"description": "The appointment or rota it became"},
    )
