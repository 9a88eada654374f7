"""What a message says: subject, text and HTML, from the templates that we ship."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from services.notification.domain import wording
from services.notification.domain.appointments import Appointment
from services.notification.domain.messages import Clinic, Kind
from services.notification.senders import links as addresses

FOLDER = Path(__file__).resolve().parent.parent / "templates"
_PARTS = ("txt", "html")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in words.  `template` names what it was made from, so that it can be made again."""

    subject: str
    text: str
    html: str
    template: str


def write(
    kind: Kind,
    clinic: Clinic,
    *,
    appointments: Sequence[Appointment],
    given_name: str | None,
    locale: str,
    links: Sequence[Mapping[str, str]] = (),
    answer_by: datetime | None = None,
) -> Letter:
    """Put a message into words.  Nothing in it tells what the appointment is for.

    `links` are each appointment's addresses by purpose, see senders.links; without them the letter
    says to call.
    `answer_by` is when an offer ends; other letters do not show it.  Of several `appointments`,
    by time, the confirmation of a course lists all.
    """
    locale, first = wording.locale_of(locale), appointments[0] if appointments else None
    nowhere: Sequence[Mapping[str, str]] = [{} for _ in appointments]
    facts = {
        "clinic": wording.one_line(clinic.name),
        "phone": clinic.phone,
        "given_name": wording.one_line(given_name) if given_name else None,
        "locale": locale,
        "links": links[0] if links else {},
        **_visit(first, locale),
        **_answer(first, answer_by, locale),
        "sessions": [
            {**_visit(each, locale), "links": its_own}
            for each, its_own in zip(appointments, links or nowhere, strict=True)
        ],
    }
    text, html = (_template(locale, kind, part).render(facts) for part in _PARTS)
    words = wording.LOCALES[locale]
    subject = (words.course if len(appointments) > 1 else words.subjects[kind]).format(
        clinic=facts["clinic"], count=len(appointments)
    )
    return Letter(wording.one_line(subject), text, html, version(kind, locale))


def sample(kind: Kind, locale: str) -> Letter:
    """Return the letter to a client who does not exist, for a preview."""
    starts_at = datetime(2030, 1, 7, 10, tzinfo=UTC)
    visit = Appointment(
        **dict.fromkeys(("id", "clinic_id", "client_id", "practitioner_id")),  # type: ignore[arg-type] # nobody's
        version=1,
        status="booked",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        time_zone="Europe/Lisbon",
        practitioner_name="Inês Ferreira",
    )
    clinic = Clinic("Needlepoint Chiado", "Europe/Lisbon", "+351210000000", None)
    return write(
        kind,
        clinic,
        appointments=[visit],
        given_name="Maria",
        locale=locale,
        links=[addresses.sample(kind)],
        answer_by=starts_at - timedelta(days=2),
    )


@cache
def version(kind: Kind, locale: str) -> str:
    """Return a template's name and the hash of its wording: en/moved@1f2e3d4c."""
    files = [
        FOLDER / locale / name for part in _PARTS for name in (f"{kind}.{part}", f"base.{part}")
    ]
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in files))
    return f"{locale}/{kind}@{digest.hexdigest()[:8]}"


def _visit(appointment: Appointment | None, locale: str) -> dict[str, str]:
    if appointment is None:
        return {}
    zone = appointment.time_zone
    return {
        "day": wording.day(appointment.starts_at, zone, locale),
        "time": wording.clock(appointment.starts_at, zone, locale),
        "practitioner": wording.one_line(appointment.practitioner_name),
    }


def _answer(
    appointment: Appointment | None, answer_by: datetime | None, locale: str
) -> dict[str, str]:
    if appointment is None or answer_by is None:
        return {}
    zone = appointment.time_zone
    return {
        "answer_day": wording.day(answer_by, zone, locale),
        "answer_time": wording.clock(answer_by, zone, locale),
    }


@cache
def _template(locale: str, kind: Kind, part: str) -> Template:
    return _environment().get_template(f"{locale}/{kind}.{part}")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
