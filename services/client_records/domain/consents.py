"""Consent: templates with versions, what exactly was signed, and whether it covers a treatment."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.errors import Conflict, Rejected


class TemplateUnknown(Rejected):
    """There is no such version."""

    type = "template-unknown"
    title = "There is no such consent"


class TemplateOutdated(Rejected):
    """A newer version is to be signed."""

    type = "template-outdated"
    title = "A newer version is to be signed"


class SignedInFuture(Rejected):
    """A signature from tomorrow."""

    type = "signed-in-future"
    title = "The time of the signature cannot be right"


class ConsentMissing(Conflict):
    """No valid consent for this procedure and version."""

    type = "consent-missing"
    title = "The consent is missing"


CLOCK_SLACK = timedelta(minutes=5)  # a tablet's clock


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a consent's wording.  Only a current one can be signed."""

    version: str
    title: str
    text: str
    current: bool


_RISKS = (
    "Needling makes many fine channels in the skin. Redness, swelling, pinpoint bleeding, bruises, "
    "itching and flaking are usual for some days. Infection, cold sores, dark or light patches, "
    "scars and allergic reactions are possible."
)
TEMPLATES: tuple[Template, ...] = (
    Template("needling-1", "Consent to micro-needling", _RISKS, current=False),
    Template(
        "needling-2",
        "Consent to micro-needling",
        f"{_RISKS} Many uses are not among those that the device was authorised for; I was told "
        "whether mine is. I had time to think, my questions were answered, and I may stop at any "
        "moment. I know what to avoid before and after, and whom to call.",
        current=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Signing:
    """What is signed: which wording, by whom, for which treatment, when."""

    template_version: str
    client_id: UUID
    appointment_id: UUID
    treatment_id: UUID
    treatment_name: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Signed:
    """A consent in the record, as far as a session asks for it."""

    id: UUID
    template_version: str
    treatment_id: UUID
    document_sha256: str


def require_signable(version: str, signed_at: datetime, now: datetime) -> Template:
    """Return the template.  Raises TemplateUnknown, TemplateOutdated or SignedInFuture."""
    template = next((each for each in TEMPLATES if each.version == version), None)
    if template is None:
        raise TemplateUnknown("There is no consent of this version.")
    if not template.current:
        raise TemplateOutdated("A newer version of this consent is to be signed.")
    if signed_at > now + CLOCK_SLACK:
        raise SignedInFuture("The signature's time lies in the future.")
    return template


def document(template: Template, signing: Signing) -> str:
    """Return the document that is signed, in one spelling, so that its hash means something."""
    facts = {
        "version": template.version,
        "title": template.title,
        "text": template.text,
        "client_id": str(signing.client_id),
        "appointment_id": str(signing.appointment_id),
        "treatment_id": str(signing.treatment_id),
        "treatment": signing.treatment_name,
        "signed_at": signing.signed_at.isoformat(),
    }
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hash_of(text: str) -> str:
    """Return the SHA-256 of a document, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def require_valid(consents: list[Signed], treatment_id: UUID) -> Signed:
    """Return the consent that covers the treatment.  Raises ConsentMissing."""
    current = {template.version for template in TEMPLATES if template.current}
    same = [each for each in consents if each.treatment_id == treatment_id]
    valid = [each for each in same if each.template_version in current]
    if valid:
        return valid[-1]
    if same:
        raise ConsentMissing("The consent was signed in an older version: sign the current one.")
    if consents:
        raise ConsentMissing("The consent was signed for another procedure.")
    raise ConsentMissing("The consent for this treatment is not signed yet.")
