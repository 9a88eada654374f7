"""Process notification-timer: hands due messages over to the SMTP server.

Claim and commit; look once more and note that the hand-over begins, commit; send outside any
transaction; write down the answer.  `kill -9` at any moment: what was not begun is planned again
when its lease ends, what was begun is `unknown` and never repeated by itself.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import psycopg2
from prometheus_client import Counter

from services.notification.senders import envelopes, invitations, letters, links
from services.notification.senders.smtp import Address, Mailer, Outcome, Result, Unreachable
from services.notification.settings import Settings
from services.notification.store import hand_over
from services.notification.usecases import handing_over
from services.notification.usecases.handing_over import Answer, Claimed
from shared import clock, db, housekeeping, ids, logging, process, settings
from shared.errors import Unavailable

BATCH = 100  # messages claimed at once, for all threads together
IDLE_S = 0.5
SWEEP_EVERY = 120  # turns
PAUSE = timedelta(seconds=15)  # while the SMTP server takes nothing
HANDED_OVER = Counter("needlepoint_messages_total", "Messages tried.", ["kind", "result"])
log = logging.logger("needlepoint.dispatcher")


class Sender:
    """One thread's share: its connection, and the answer that is still to be written down."""

    def __init__(
        self,
        mailer: Mailer,
        mail_from: str,
        stopping: Callable[[], bool],
        public_url: str | None = None,
    ) -> None:
        """Open nothing yet."""
        self._mailer = mailer
        self._stopping = stopping
        self._mail_from = mail_from
        self._public_url = public_url
        self._unwritten: Answer | None = None

    def send(self, claim: UUID, message_ids: Sequence[UUID]) -> int:
        """Hand over claimed messages one after the other; return how many were tried.

        Raises Unreachable before anything is begun when the server takes no connection.
        """
        tried = 0
        for message_id in message_ids:
            if self._stopping():
                break
            self._mailer.ready()
            message = self._next(message_id, claim)
            if message is not None:
                outcome = self._deliver(message)
                self._unwritten = Answer(message, outcome, clock.now())
                HANDED_OVER.labels(message.kind.value, outcome.result.value).inc()
                tried += 1
        self.write_down()
        return tried

    def write_down(self) -> None:
        """Settle the last answer."""
        if self._unwritten is not None:
            with db.transaction(db.EVERY_CLINIC) as tx:
                handing_over.settle(tx, self._unwritten)
            self._unwritten = None

    def close(self) -> None:
        """Leave the server."""
        self._mailer.close()

    def _next(self, message_id: UUID, claim: UUID) -> Claimed | None:
        """Settle the last message and begin the next, in one commit."""
        with db.transaction(db.EVERY_CLINIC) as tx:
            if self._unwritten is not None:
                handing_over.settle(tx, self._unwritten)
            message = handing_over.begin(tx, message_id, claim, clock.now())
        self._unwritten = None
        return message

    def _deliver(self, message: Claimed) -> Outcome:
        try:
            recipient, mail = compose(message, self._mail_from, self._public_url)
        except envelopes.AddressUnusable:
            return Outcome(Result.REFUSED, why="address_unusable")
        return self._mailer.deliver(self._mail_from, recipient, mail)


def compose(message: Claimed, mail_from: str, public_url: str | None = None) -> tuple[str, bytes]:
    """Return the recipient and the mail; links in it begin with `public_url`.

    Raises AddressUnusable.
    """
    now, clinic = clock.now(), message.clinic
    recipient = envelopes.address(message.contact.email or "")
    told = message.sessions or ([message.appointment] if message.appointment else [])
    letter = letters.write(
        message.kind,
        clinic,
        appointments=told,
        given_name=message.contact.given_name,
        locale=message.contact.locale,
        links=[links.of(message.kind, each, public_url, message.useful_until) for each in told],
        answer_by=message.useful_until,
    )
    invitation = invitations.invitation(
        message.kind,
        told,
        subject=letter.subject,
        place=clinic.name,
        parties=(mail_from, recipient),
        now=now,
    )
    envelope = envelopes.Envelope(
        sender=mail_from,
        sender_name=clinic.name,
        recipient=recipient,
        reply_to=clinic.email,
        message_id=envelopes.message_id(message.id, message.issue, mail_from),
    )
    return recipient, envelopes.mail(letter, envelope, invitation, now)


class Dispatcher:
    """Claims what is due and shares it out to some senders."""

    def __init__(self, told: Settings, stopping: Callable[[], bool] = lambda: False) -> None:
        """Open nothing yet."""
        where, sender = Address.of(told.smtp_url), envelopes.address(told.mail_from)
        self._stopping = stopping
        self._senders = [
            Sender(Mailer(where), sender, stopping, told.public_url)
            for _ in range(max(1, told.senders))
        ]
        self._threads = ThreadPoolExecutor(len(self._senders), "sender")

    def turn(self) -> int:
        """Hand over up to a batch of due messages; return how many were claimed."""
        claim = ids.new()
        for sender in self._senders:
            sender.write_down()
        with db.transaction(db.EVERY_CLINIC) as tx:
            handing_over.recover(tx, clock.now())
            claimed = hand_over.claim(tx, claim, clock.now(), BATCH)
        shares = [claimed[n :: len(self._senders)] for n in range(len(self._senders))]
        work = [
            self._threads.submit(sender.send, claim, share)
            for sender, share in zip(self._senders, shares, strict=True)
            if share
        ]
        faults = [fault for each in work if (fault := each.exception())]
        if faults or self._stopping():
            self._give_back(claim, clock.now() + (PAUSE if faults else timedelta()))
        if faults:
            raise faults[0]
        return len(claimed)

    def close(self) -> None:
        """Write down what is known and leave."""
        self._threads.shutdown()
        for sender in self._senders:
            sender.close()

    def _give_back(self, claim: UUID, next_at: datetime) -> None:
        """Plan again what was not begun; write down what is known."""
        for sender in self._senders:
            sender.write_down()
        with db.transaction(db.EVERY_CLINIC) as tx:
            hand_over.release(tx, claim, next_at)


def main() -> None:
    """Dispatch until SIGTERM."""
    running = process.begin("notification", "timer")
    told = Settings.from_env()
    db.open_pool(settings.secret("DATABASE_URL"), connections=told.senders + 1)
    dispatcher = Dispatcher(told, lambda: running.stopping)
    turns = 0
    while not running.stopping:
        try:
            claimed = dispatcher.turn()
            if turns % SWEEP_EVERY == 0:
                _sweep()
        except (Unreachable, psycopg2.Error, Unavailable) as away:
            log.warning("dispatcher waits", reason=type(away).__name__, retry_in_s=IDLE_S)
            claimed = 0
        running.alive()
        turns += 1
        if not claimed:
            running.wait(IDLE_S)
    dispatcher.close()


def _sweep() -> None:
    with db.transaction(db.EVERY_CLINIC) as tx:
        housekeeping.sweep(tx, clock.now())


if __name__ == "__main__":
    main()
