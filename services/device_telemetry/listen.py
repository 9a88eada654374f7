"""Process device-telemetry-listen: what devices say at once, and what they are told.

Events and statuses come in on one connection and never wait for readings.  Commands go out on
another, by a thread of its own: a broker short of memory stops reading from who publishes, and
that must never be who acknowledges.
"""

import json
import threading
import time
from collections.abc import Sequence
from typing import Any

from services.device_telemetry.domain import topics, topology
from services.device_telemetry.usecases import commands, floods, lanes
from shared import clock, db, logging, process, settings
from shared.amqp import failures, lane_process, link
from shared.amqp.intake import LOST
from shared.amqp.lane_process import Chore
from shared.amqp.publisher import NotConfirmed, Publisher, Said

NAME = "device-telemetry-listen"
MOST = 200  # messages of one transaction: whoever is behind them waits for them
OF_ONE = 25  # of them from one device: another's alarm waits for no more than these
WINDOW = 20_000  # messages of one queue in memory: who is behind so many waits for them
LOOK_EVERY_S = 0.2  # commands that others queued, at most this late
CONFIRM_S = 5.0
log = logging.logger("needlepoint.listen")


def main() -> None:
    """Listen until SIGTERM.  Environment: DATABASE_URL, AMQP_URL."""
    running = process.begin("device_telemetry", "listen")
    db.open_pool(settings.secret("DATABASE_URL"), connections=2)
    mouth = Mouth(settings.secret("AMQP_URL"), running)
    mouth.start()
    try:
        lane_process.run(
            lane_process.Plan(
                name=NAME,
                queues=lanes.PROMPT,
                lanes={name: lanes.settled(name) for name in lanes.PROMPT},
                drained=lanes.note_drained,
                prefetch=WINDOW,
                most=MOST,
                of_one=OF_ONE,
                after=mouth.wake,  # what was caused is said at once
                chore=Chore(floods.found, floods.suspend),
            ),
            running,
        )
    finally:
        running.stop()
        mouth.join()
        db.close_pool()
    if mouth.fault:
        raise mouth.fault


class Mouth(threading.Thread):
    """Says commands that are due, on a connection of its own.

    Claim, commit, publish: no row is locked while the broker thinks.  A claim is for a while only,
    so what a crash keeps from being said is said again; devices know commands by id.
    """

    def __init__(self, urls: str, running: process.Process) -> None:
        """Not yet started; ends with `running`, and ends it when the broker refuses us for good."""
        super().__init__(name="mouth")
        self._urls = urls
        self._running = running
        self._publisher: Publisher | None = None
        self.fault: BaseException | None = None

    def wake(self) -> None:
        """Look now: something was queued.  For other threads."""
        publisher = self._publisher
        if publisher is not None:
            publisher.wake()

    def run(self) -> None:
        """Say what is due until told to stop."""
        backoff = link.Backoff()
        while not self._running.stopping:
            try:
                self._connected(backoff)
            except (NotConfirmed, *LOST) as lost:
                if link.is_setup_fault(lost):
                    self._end(lost)
                pause = backoff.fail()
                log.warning("commands reconnect", reason=type(lost).__name__, retry_in_s=pause)
                self._running.wait(pause)
            except Exception as error:  # noqa: BLE001 # a thread's fault ends its process
                self._end(error)

    def _end(self, fault: BaseException) -> None:
        self.fault = fault
        self._running.stop()

    def _connected(self, backoff: link.Backoff) -> None:
        """Say what is due while the connection lasts.  Raises NotConfirmed or one of LOST."""
        parameters = link.parameters(self._urls, f"{NAME}-commands", backoff.failures)
        publisher = Publisher(parameters, confirm_s=CONFIRM_S)
        self._publisher = publisher
        try:
            while not self._running.stopping:
                self._say_due(publisher)
                backoff.succeed()
                publisher.idle(LOOK_EVERY_S)
        finally:
            self._publisher = None
            publisher.close()

    def _say_due(self, publisher: Publisher) -> None:
        """Say all that is due now.  Raises NotConfirmed; what was claimed is due again then."""
        while due := self._claim():
            try:
                publisher.say([_said(each) for each in due])
            except NotConfirmed:
                self._give_back(due)
                self._await_unblocked(publisher)
                raise

    def _claim(self) -> Sequence[dict[str, Any]]:
        if self._running.stopping:
            return []
        try:
            with db.transaction(db.EVERY_CLINIC) as tx:
                return commands.claim_due(tx, clock.now())
        except Exception as error:
            if not (failures.database_is_unwell(error) or failures.is_passing(error)):
                raise
            log.warning("commands wait for the database", reason=type(error).__name__)
            return []

    def _give_back(self, due: Sequence[dict[str, Any]]) -> None:
        try:
            with db.transaction(db.EVERY_CLINIC) as tx:
                commands.give_back(tx, [each["id"] for each in due], clock.now())
        except Exception as error:
            if not (failures.database_is_unwell(error) or failures.is_passing(error)):
                raise
            log.warning("commands wait for the database", reason=type(error).__name__)

    def _await_unblocked(self, publisher: Publisher) -> None:
        """Stay on a connection that the broker does not read: a new one would fare no better."""
        since = time.monotonic()
        while publisher.blocked and not self._running.stopping:
            publisher.idle(LOOK_EVERY_S)
            if time.monotonic() - since > CONFIRM_S:
                since = time.monotonic()
                log.warning("commands wait for the broker, which is short of memory or disk")


def _said(due: dict[str, Any]) -> Said:
    key = topics.routing_key(due["clinic_id"], due["device_id"], "commands")
    return Said(str(due["id"]), topology.ENTRANCE, key, json.dumps(due["body"]).encode())


if __name__ == "__main__":
    main()
