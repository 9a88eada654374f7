"""Consents: templates and signatures."""

from marshmallow import fields

from shared.schemas.base import Flag, Id, Moment, Request, Text, View


class NewConsent(Request):
    """A signature under a consent, for one appointment's treatment."""

    template_version = Text(required=True, most=40)
    signature = Text(
        required=True, most=20_000, metadata={"description": "Typed name, or an SVG path"}
    )
    signed_at = Moment(required=True)
    appointment_id = Id(required=True)


class TemplateView(View):
    """A version of a consent's wording.  Only a current one can be signed."""

    version = fields.String(required=True)
    title = fields.String(required=True)
    text = fields.String(required=True)
    current = Flag(required=True)


class TemplatesView(View):
    """All versions, the oldest first."""

    items = fields.List(fields.Nested(TemplateView), required=True)


class ConsentView(View):
    """A signed consent.  The hash is that of the document, in its one spelling."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True)
    appointment_id = Id(required=True)
    treatment_id = Id(required=True)
    template_version = fields.String(required=True)
    document_sha256 = fields.String(required=True)
    signed_at = Moment(required=True)
    recorded_at = Moment(required=True)
    recorded_by = Id(required=True)


class SignedConsentView(ConsentView):
    """A consent with what was signed and the signature."""

    document = fields.String(required=True)
    signature = fields.String(required=True)
