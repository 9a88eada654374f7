"""MIME: a letter and its invitation as one mail."""

from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.charset import QP, Charset
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import format_datetime, formataddr
from uuid import UUID

from services.notification.domain.wording import one_line
from services.notification.senders.letters import Letter
from shared.errors import Rejected

_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP  # readable in any mailbox, and seven bits on the wire


class AddressUnusable(Rejected):
    """No mail can be sent to this address."""

    type = "address-unusable"
    title = "The e-mail address cannot be used"


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom: addresses, and the name that the client sees."""

    sender: str
    sender_name: str
    recipient: str
    reply_to: str | None
    message_id: str


def address(text: str) -> str:
    """Return an address as it goes over the wire, its domain in ASCII.  Raises AddressUnusable."""
    local, at, domain = text.rpartition("@")
    try:
        wire = f"{local}{at}{domain.encode('idna').decode()}"
    except UnicodeError as wrong:
        raise AddressUnusable("The e-mail address has an impossible domain.") from wrong
    plain = wire.isascii() and wire.isprintable() and not set(wire) & set(' <>(),;:"\\[]')
    if not (plain and local and domain):
        raise AddressUnusable("The e-mail address has characters that mail servers refuse.")
    return wire


def message_id(message: UUID, issue: int, sender: str) -> str:
    """Return the Message-ID: the same for every try, another one when a person repeats it."""
    return f"<{message}.{issue}@{sender.rpartition('@')[2]}>"


def mail(
    letter: Letter, envelope: Envelope, invitation: tuple[str, bytes] | None, now: datetime
) -> bytes:
    """Return the mail as bytes with CRLF.  `invitation` is iCalendar's METHOD and the calendar."""
    body = MIMEMultipart("alternative", policy=policy.compat32)
    body.attach(_text("plain", letter.text))
    body.attach(_text("html", letter.html))
    if invitation:
        method, calendar = invitation
        body.attach(_text("calendar", calendar.decode(), method=method))
        body = _with_file(body, "invitation.ics", calendar)
    headers = {
        "Subject": _words(letter.subject),
        "From": formataddr((one_line(envelope.sender_name), envelope.sender), "utf-8"),
        "To": envelope.recipient,
        "Date": format_datetime(now),
        "Message-ID": envelope.message_id,
        "Auto-Submitted": "auto-generated",
    }
    if envelope.reply_to:
        headers["Reply-To"] = envelope.reply_to
    for name, value in headers.items():
        body[name] = value
    return body.as_bytes(policy=policy.compat32.clone(linesep="\r\n"))


def _words(text: str) -> str:
    line = one_line(text)
    return line if line.isascii() else Header(line, "utf-8", maxlinelen=75).encode()


def _text(subtype: str, text: str, method: str | None = None) -> MIMENonMultipart:
    part = MIMENonMultipart("text", subtype)
    if method:
        part.set_param("method", method)
    part.set_payload(text, _UTF8)
    return part


def _with_file(body: MIMEMultipart, name: str, content: bytes) -> MIMEMultipart:
    """Add the calendar as a file too, for mail programs that show no invitations."""
    whole = MIMEMultipart("mixed", policy=policy.compat32)
    whole.attach(body)
    file = MIMEBase("application", "ics", name=name)
    file.set_payload(content.decode(), _UTF8)
    file.add_header("Content-Disposition", "attachment", filename=name)
    whole.attach(file)
    return whole
