"""A real SMTP server whose behaviour a test decides, and a dispatcher that a test drives."""

import email
import email.policy
import threading
from datetime import datetime

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from services.notification.settings import Settings
from services.notification.timer import Dispatcher
from shared import clock, db


class Mailbox:
    """Takes mail on a port of its own.  `says` maps a recipient to an answer other than 250."""

    def __init__(self):
        self.taken, self.says, self.connections = [], {}, 0
        self.drop_after_data = self.drop_kept = False
        self._kept = []  # sessions that have handed over a mail
        self.before_answer = threading.Event()
        self.before_answer.set()
        self.reached = threading.Event()
        self._controller = _Controller(self, hostname="127.0.0.1", port=0)
        self._controller.start()
        self.port = self._controller.port

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def letters(self):
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.taken]

    def of(self, recipient):
        return [letter for letter in self.letters if letter["To"] == recipient]

    def close(self):
        self.before_answer.set()
        self._controller.stop()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802 # aiosmtpd's name
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self.drop_kept and session in self._kept:
            self.drop_kept = False
            server.transport.abort()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = self.says.get(("RCPT", address))
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = self.says.get(("DATA", envelope.rcpt_tos[0]))
        if answer:
            return answer
        self.taken.append(envelope.original_content)
        self.reached.set()
        while not self.before_answer.is_set():
            await _breathe()
        if self.drop_after_data:
            server.transport.abort()
        self._kept.append(session)
        return "250 Taken"


async def _breathe():
    import asyncio

    await asyncio.sleep(0.01)


class _Controller(Controller):
    def factory(self):
        return SMTP(self.handler, enable_SMTPUTF8=False, ident="mailbox")

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]  # port 0: known only after binding
        super()._trigger_server()


@pytest.fixture
def mailbox():
    box = Mailbox()
    yield box
    box.close()


@pytest.fixture
def at(monkeypatch):
    """Set the clock: at(moment)."""

    def set_to(moment: datetime):
        monkeypatch.setattr(clock, "now", lambda: moment)

    return set_to


@pytest.fixture
def dispatcher(pool, mailbox):
    pool("notification")
    made = Dispatcher(Settings(mailbox.url, "clinic@needlepoint.example", 2))
    yield made
    made.close()


@pytest.fixture
def rows():
    """Return messages of an appointment, oldest first."""

    def read(visit=None):
        with db.transaction(db.EVERY_CLINIC) as tx:
            found = tx.all("SELECT * FROM notification.messages ORDER BY created_at, due_at, id")
        return [row for row in found if visit is None or row["appointment_id"] == visit.id]

    return read


@pytest.fixture
def announced():
    """Return the events that wait in the outbox."""

    def read():
        with db.transaction(db.EVERY_CLINIC) as tx:
            return tx.all("SELECT type, data, clinic_id FROM notification.outbox ORDER BY position")

    return read
