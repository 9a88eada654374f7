"""Deliveries of a lane that have come and were not taken, and whose turn it is.

Those of one sender are taken in the order in which they came.  Of several, some go before others,
so that nobody waits for all that another has sent.
"""

from collections import Counter, deque
from collections.abc import Sequence

from shared.amqp.subscription import Delivery

MOST_BYTES = 4 * 1024 * 1024  # of one transaction: others wait for its locks


class Waiting:
    """What waits, oldest first.  A sender is known by its routing key."""

    def __init__(self, of_one: int | None = None) -> None:
        """Nothing has come.  Of one sender at most `of_one` are taken at once."""
        self._of_one = of_one
        self._all: deque[Delivery] = deque()
        self._seen = 0
        self.bytes = 0
        self.newest = 0  # tag of the last that came

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._all)

    @property
    def oldest(self) -> int | None:
        """Return the tag of the one that waits longest; None when none does."""
        return self._all[0].tag if self._all else None

    def add(self, delivery: Delivery) -> None:
        """Put one behind the others.  Its tag is higher than theirs."""
        self._all.append(delivery)
        self.bytes += len(delivery.body)
        self.newest = delivery.tag

    def news(self) -> list[Delivery]:
        """Return what has come since the last call and waits yet."""
        found: list[Delivery] = []
        for delivery in reversed(self._all):
            if delivery.tag <= self._seen:
                break
            found.append(delivery)
        self._seen = self.newest
        return found[::-1]

    def take(self, most: int) -> list[Delivery]:
        """Take the oldest: `most` at most, `of_one` of each sender, and none after MOST_BYTES."""
        taken: list[Delivery] = []
        left: list[Delivery] = []
        of_sender: Counter[str] = Counter()
        size = 0
        while self._all and len(taken) < most and size < MOST_BYTES:
            delivery = self._all.popleft()
            of_sender[delivery.routing_key] += 1
            if self._of_one and of_sender[delivery.routing_key] > self._of_one:
                left.append(delivery)
                continue
            taken.append(delivery)
            size += len(delivery.body)
        self._all.extendleft(reversed(left))
        self.bytes -= size
        return taken

    def settled(self, taken: Sequence[Delivery]) -> tuple[int, list[int]]:
        """Return up to which tag all is settled now (0: nothing is), and the tags above that.

        Nothing else that was taken is open: only what waits is not settled.
        """
        tags = sorted(each.tag for each in taken)
        through = [tag for tag in tags if self.oldest is None or tag < self.oldest]
        return max(through, default=0), tags[len(through) :]
