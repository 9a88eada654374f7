"""A broker's queue in memory, for what is hard to provoke with a real one."""

from collections import deque

from services.device_telemetry.usecases import lanes
from shared.amqp.settling import Settling
from shared.amqp.subscription import Delivery
from shared.process import Process


class QueueAtHand:
    """What `Intake` offers, over messages that a test puts in."""

    def __init__(self):
        self.queued = {name: deque() for name in lanes.APPLY}
        self.unacknowledged = {}
        self._tag = 0

    def put(self, lane, topic, body):
        self._tag += 1
        self.queued[lane].append(Delivery(self._tag, body, 0, topic))

    def take(self, lane, most):
        taken = [self.queued[lane].popleft() for _ in range(min(most, len(self.queued[lane])))]
        self.unacknowledged |= {each.tag: each for each in taken}
        return taken

    def ready(self, lane):
        return len(self.queued[lane])

    def waiting(self, _lane):
        return 0

    def breathe(self, _seconds=0):
        pass

    def acknowledge(self, _lane, delivery):
        del self.unacknowledged[delivery.tag]

    def acknowledge_through(self, _lane, delivery):
        for tag in [tag for tag in self.unacknowledged if tag <= delivery.tag]:
            del self.unacknowledged[tag]

    def settling(self, *, most=200, mend=lambda: None, lane="readings", apply=None):
        """Return what settles one lane; `apply(tx, deliveries, now)` instead of the real one."""
        real = lanes.settled(lane)
        plan = {lane: real if apply is None else type(real)(apply, real.give_up)}
        return Settling(self, plan, Process(), most=most, mend=mend)
