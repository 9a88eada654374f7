"""No device comes in before it is known that everything it sends will be kept.

RabbitMQ opens its MQTT listener before anybody can declare queues, and acknowledges what reaches
none.  So the door stays shut until the broker has shown its queues, and again after each start of
the broker: what was seen counts only while the connection over which it was seen is unbroken.
"""

import threading
import time
from collections.abc import Callable

from services.device_telemetry.clients.broker import BrokerUnreachable, Sight
from services.device_telemetry.domain.topology import missing
from shared import logging

PROVEN_S = 2.0  # then the broker is asked again, for somebody may have taken a queue away
DOUBTED_S = 0.5  # while devices knock at a broker that is not ready, it is asked so often
HELD_S = 30.0  # a busy broker may answer so late; the door stays open for those who wait for it
log = logging.logger("needlepoint.topology")


class Proof:
    """What the broker last showed; one thread at a time asks again, and others go on meanwhile.

    When two thousand pens come back at once the broker takes longer to show its queues than what
    it showed counts as new: whoever waited for that would let in one pen for each answer.
    """

    def __init__(
        self, look: Callable[[], Sight], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is known yet."""
        self._look = look
        self._clock = clock
        self._looking, self._changing = threading.Lock(), threading.Lock()
        self._sight: Sight | None = None
        self._held_until = self._due = float("-inf")
        self._stood = False

    def stands(self) -> bool:
        """Say whether everything stands: queues, bindings, and a place for what has no other."""
        if self._is_due() and self._looking.acquire(blocking=not self._holds()):
            try:
                if self._is_due():
                    self._look_again()
            finally:
                self._looking.release()
        return self._holds()

    def _is_due(self) -> bool:
        return self._clock() >= self._due

    def _holds(self) -> bool:
        with self._changing:
            if self._sight is None or self._clock() >= self._held_until:
                return False
            return self._sight.holds()

    def _look_again(self) -> None:
        asked_at, stood = self._clock(), self._stood
        try:
            sight = self._look()
        except BrokerUnreachable as gone:
            log.warning("broker does not show its queues", reason=str(gone))
        else:
            self._take(sight, asked_at)
        self._stood = self._holds()
        self._due = self._clock() + (PROVEN_S if self._stood else DOUBTED_S)
        if stood != self._stood:
            log.info("door opens" if self._stood else "door shuts")

    def _take(self, sight: Sight, asked_at: float) -> None:
        """Believe what was seen now, and nothing that was seen before."""
        lacks = missing(sight.found)
        if lacks:
            log.warning("broker is not ready for devices", count=len(lacks), reason=lacks[0])
        with self._changing:
            ended = self._sight
            self._sight, self._held_until = sight, asked_at + (0 if lacks else HELD_S)
        if ended is not None:
            ended.close()
