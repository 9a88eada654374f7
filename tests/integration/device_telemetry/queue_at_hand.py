"""A broker's queue in memory, for what is hard to provoke with a real one."""

from services.device_telemetry.usecases import floods, lanes
from shared import clock, db
from shared.amqp.settling import Settling
from shared.amqp.subscription import Delivery
from shared.amqp.waiting import Waiting
from shared.process import Process


def keep_out_who_floods():
    """Do what both processes do after each turn."""
    if floods.found():
        with db.transaction(db.EVERY_CLINIC) as tx:
            floods.suspend(tx, clock.now())


class QueueAtHand:
    """What `Intake` offers, over messages that a test puts in."""

    def __init__(self, of_one=None):
        self.queued = {name: Waiting(of_one) for name in lanes.APPLY}
        self.unacknowledged = {}
        self._tag = 0

    def put(self, lane, topic, body, returned=0):
        self._tag += 1
        self.queued[lane].add(Delivery(self._tag, body, returned, topic))

    def news(self, lane):
        return self.queued[lane].news()

    def waiting(self, lane):
        return len(self.queued[lane])

    def prefer(self, lane, first):
        self.queued[lane].prefer(first)

    def take(self, lane, most):
        taken = self.queued[lane].take(most)
        self.unacknowledged |= {each.tag: each for each in taken}
        return taken

    def oldest(self, lane):
        return self.queued[lane].oldest

    def newest(self, lane):
        return self.queued[lane].newest

    def ready(self, _lane):
        return 0

    def breathe(self, _seconds=0):
        pass

    def acknowledge(self, _lane, delivery):
        del self.unacknowledged[delivery.tag]

    def acknowledge_all(self, lane, deliveries):
        assert set(self.unacknowledged) == {each.tag for each in deliveries}
        for each in deliveries:
            self.acknowledge(lane, each)

    def settling(self, *, most=200, mend=lambda: None, lane="readings", apply=None):
        """Return what settles one lane; `apply(tx, deliveries, now)` instead of the real one."""
        real = lanes.settled(lane)
        plan = {lane: real if apply is None else type(real)(apply, real.give_up)}
        return Settling(self, plan, Process(), most=most, mend=mend)
