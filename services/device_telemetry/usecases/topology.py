"""No device comes in before it is known that everything it sends will be kept.

RabbitMQ opens its MQTT listener before anybody can declare queues, and acknowledges what reaches
none.  So the door stays shut until the broker has shown its queues, and again after each start of
the broker: what was seen counts for less time than a broker takes to start.
"""

import threading
import time
from collections.abc import Callable

from services.device_telemetry.clients import broker
from services.device_telemetry.domain.topology import Found, missing
from shared import logging

PROVEN_S = 2.0
DOUBTED_S = 0.5  # while devices knock at a broker that is not ready, it is asked so often
log = logging.logger("needlepoint.topology")


class Proof:
    """What the broker last showed; asked again when that is too old, by one thread at a time."""

    def __init__(
        self, look: Callable[[], Found], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is known yet."""
        self._look = look
        self._clock = clock
        self._lock = threading.Lock()
        self._stands = False
        self._until = float("-inf")

    def stands(self) -> bool:
        """Say whether everything stands: queues, bindings, and a place for what has no other."""
        with self._lock:
            asked_at = self._clock()
            if asked_at >= self._until:
                stood, self._stands = self._stands, self._asked()
                # from the asking on: what the broker said may be older than the answer
                self._until = asked_at + (PROVEN_S if self._stands else DOUBTED_S)
                if stood != self._stands:
                    log.info("door opens" if self._stands else "door shuts")
            return self._stands

    def _asked(self) -> bool:
        try:
            lacks = missing(self._look())
        except broker.BrokerUnreachable as gone:
            log.warning("broker does not show its queues", reason=str(gone))
            return False
        if lacks:
            log.warning("broker is not ready for devices", count=len(lacks), reason=lacks[0])
        return not lacks
