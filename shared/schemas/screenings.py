"""Screenings: questions, answers, findings and who lifted them."""

from marshmallow import fields, validate

from shared.schemas.base import Choice, Flag, Id, Moment, Request, Text, View, Whole

MOST_ANSWERS = 200


class NewScreening(Request):
    """Answers for a treatment.  Each has the shape that its question's kind asks for."""

    appointment_id = Id(load_default=None, allow_none=True)
    treatment_id = Id(required=True)
    answers = fields.Dict(
        keys=Text(most=60),
        values=fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(max=MOST_ANSWERS),
        metadata={"description": "By question id: see GET /v1/screening-questions"},
    )


class NewOverride(Request):
    """A finding that a clinician takes upon themselves."""

    rule = Text(required=True, most=20)
    reason = Text(required=True, most=2000)
    letter_id = Id(load_default=None, allow_none=True)


class FindingView(View):
    """A rule that is violated.  `clears_at`: from then on it is not, without anybody's doing."""

    rule = fields.String(required=True)
    severity = Choice(("block", "warn", "advise"), required=True)
    reason = fields.String(required=True)
    override = Choice(("none", "clin", "letter"), required=True)
    clears_at = fields.String(required=True, allow_none=True)
    lifted = Flag(required=True)
    zones = fields.List(Whole(), required=True)
    depth_cap_um = Whole(required=True, allow_none=True)


class OverrideView(View):
    """Who lifted a finding, and why."""

    rule = fields.String(required=True)
    severity = fields.String(required=True)
    reason = fields.String(required=True)
    letter_id = Id(required=True, allow_none=True)
    lifted_by = Id(required=True)
    lifted_at = Moment(required=True)


class ScreeningView(View):
    """What a screening says."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True)
    appointment_id = Id(required=True, allow_none=True)
    treatment_id = Id(required=True)
    cause = Choice(("answered", "booked", "moved"), required=True)
    rules_version = fields.String(required=True)
    starts_at = Moment(required=True)
    answered_at = Moment(required=True)
    decided_at = Moment(required=True)
    decided_by = Id(required=True, allow_none=True)
    outcome = Choice(("clear", "review", "defer", "refuse"), required=True)
    not_before = Moment(required=True, allow_none=True)
    findings = fields.List(fields.Nested(FindingView), required=True)
    overrides = fields.List(fields.Nested(OverrideView), required=True)


class AnsweredScreeningView(ScreeningView):
    """A screening with what was answered."""

    answers = fields.Dict(required=True)


class OnlyIf(View):
    """After which answers to which question another one is asked."""

    question = fields.String(required=True)
    answers = fields.List(fields.Raw(allow_none=True), required=True)


class QuestionView(View):
    """A question, so that a page can ask it.  `clear_answer` raises no finding."""

    id = fields.String(required=True)
    text = fields.String(required=True)
    kind = Choice(("yes_no", "choice", "last_use", "period", "planned", "zones"), required=True)
    choices = fields.List(fields.String(), required=True)
    only_if = fields.Nested(OnlyIf, required=True, allow_none=True)
    clear_answer = fields.Raw(required=True)


class QuestionsView(View):
    """All questions, in the order in which they are asked."""

    version = fields.String(required=True)
    items = fields.List(fields.Nested(QuestionView), required=True)
