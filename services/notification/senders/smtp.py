"""SMTP: one kept connection, time limits everywhere, an honest word on what became of a mail."""

import smtplib
import ssl
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote, urlsplit

REUSES = 100  # mails on one connection; servers tire of long ones
STEP_S = 8.0  # for each command; five of them and the answer stay inside the lease of a message
ANSWER_S = 20.0  # for the server to take the whole mail
_OK = 250
_GO_ON = 354
_CLOSING = 421
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Result(Enum):
    """What became of a mail."""

    TAKEN = "taken"
    REFUSED = "refused"  # for good: this recipient or this mail
    LATER = "later"  # not now; nothing was taken
    LOST = "lost"  # it may have been taken: the answer never came


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result, and the server's three digits where it gave some."""

    result: Result
    code: int | None = None
    why: str | None = None

    @property
    def reason(self) -> str:
        """Return the code that is kept and announced; the server's words may hold an address."""
        return self.why or (f"smtp_{self.code}" if self.code else _REASONS[self.result])


_REASONS = {
    Result.TAKEN: "taken",
    Result.REFUSED: "refused",
    Result.LATER: "no_connection",
    Result.LOST: "answer_lost",
}


class Unreachable(Exception):
    """The server takes no mail at all for now."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is and how to sign in, as SMTP_URL says: smtp[s]://user:password@host:port."""

    host: str
    port: int
    user: str | None
    password: str | None
    wrapped: bool  # smtps: TLS from the first byte
    tls_required: bool

    @classmethod
    def of(cls, url: str) -> "Address":
        """Read an SMTP_URL.  `?tls=required` refuses a server that offers no STARTTLS."""
        parts = urlsplit(url)
        wrapped = parts.scheme == "smtps"
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("SMTP_URL must look like smtp://user:password@host:587.")
        return cls(
            parts.hostname,
            parts.port or (465 if wrapped else 587),
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            wrapped,
            "tls=required" in parts.query,
        )

    def accept_plain(self) -> None:
        """Raise SMTPException when this server must not be spoken to without encryption."""
        tells_password = bool(self.user) and self.host not in _LOOPBACK
        if self.tls_required or tells_password:
            raise smtplib.SMTPNotSupportedError("The server offers no encryption.")


class Mailer:
    """One thread's connection to the server."""

    def __init__(self, address: Address) -> None:
        """Connect at the first mail."""
        self._address = address
        self._smtp: smtplib.SMTP | None = None
        self._used = 0

    def ready(self) -> None:
        """Connect unless connected.  Raises Unreachable; nothing was handed over."""
        if self._smtp is not None and self._used < REUSES:
            return
        self.close()
        try:
            self._smtp = self._connect()
        except (OSError, smtplib.SMTPException) as wrong:
            raise Unreachable(type(wrong).__name__) from wrong
        self._used = 0

    def deliver(self, sender: str, recipient: str, mail: bytes) -> Outcome:
        """Hand over one mail.  `mail` has CRLF line ends.  Never raises for the server's doing."""
        outcome = self._try(sender, recipient, mail)
        if outcome is None:  # a kept connection had died of old age: nothing was said yet
            self.close()
            try:
                self.ready()
            except Unreachable:
                return Outcome(Result.LATER)
            outcome = self._try(sender, recipient, mail) or Outcome(Result.LATER)
        if outcome.result is Result.LOST or outcome.code is None:
            self.close()
        return outcome

    def close(self) -> None:
        """Drop the connection."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        where, context = self._address, ssl.create_default_context()
        if where.wrapped:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                where.host, where.port, timeout=STEP_S, context=context
            )
        else:
            smtp = smtplib.SMTP(where.host, where.port, timeout=STEP_S)
        try:
            smtp.ehlo()
            if not where.wrapped and smtp.has_extn("starttls"):
                smtp.starttls(context=context)
                smtp.ehlo()
            elif not where.wrapped:
                where.accept_plain()
            if where.user and where.password:
                smtp.login(where.user, where.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _try(self, sender: str, recipient: str, mail: bytes) -> Outcome | None:
        """Return None when the connection turned out dead before anything was said."""
        if (smtp := self._smtp) is None:
            return None
        self._used += 1
        try:
            if refused := self._introduce(smtp, sender, recipient):
                return refused
            if (code := smtp.docmd("DATA")[0]) != _GO_ON:
                return self._again(smtp, code, for_good=False)
        except (OSError, smtplib.SMTPException):
            return None if self._used > 1 else Outcome(Result.LATER)
        return self._hand_over(smtp, mail)

    def _introduce(self, smtp: smtplib.SMTP, sender: str, recipient: str) -> Outcome | None:
        """Name sender and recipient; return why not, or None when the server says go on."""
        if (code := smtp.mail(sender)[0]) == _CLOSING:
            raise smtplib.SMTPServerDisconnected("The server closes the connection.")
        if code != _OK:  # our own sender: never the recipient's fault
            return self._again(smtp, code, for_good=False)
        code = smtp.rcpt(recipient)[0]
        return None if code in {250, 251} else self._again(smtp, code, for_good=True)

    def _hand_over(self, smtp: smtplib.SMTP, mail: bytes) -> Outcome:
        try:
            smtp.send(_dot_stuffed(mail))
        except OSError:  # the final dot never left: the server cannot have taken it
            self.close()
            return Outcome(Result.LATER)
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(ANSWER_S)
            code = smtp.getreply()[0]
            if smtp.sock is not None:
                smtp.sock.settimeout(STEP_S)
        except (OSError, smtplib.SMTPException):
            return Outcome(Result.LOST)
        return (
            Outcome(Result.TAKEN, code) if code == _OK else self._again(smtp, code, for_good=True)
        )

    def _again(self, smtp: smtplib.SMTP, code: int, *, for_good: bool) -> Outcome:
        """Clear the refused mail away and say whether to come back with it."""
        permanent = for_good and 500 <= code < 600  # noqa: PLR2004 # the hundreds are SMTP's
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()
        return Outcome(Result.REFUSED if permanent else Result.LATER, code)


def _dot_stuffed(mail: bytes) -> bytes:
    """Return a mail as RFC 5321 wants it after DATA: dots doubled, a lone dot at the end."""
    stuffed = mail.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    end = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
    return stuffed + end
