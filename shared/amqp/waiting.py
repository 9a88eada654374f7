"""Deliveries of a lane that have come and were not taken, and whose turn it is.

Those of one sender are taken in the order in which they came.  Of several, some go before others,
so that nobody waits for all that another has sent.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence

from shared.amqp.subscription import Delivery

MOST_BYTES = 4 * 1024 * 1024  # of one transaction: others wait for its locks


class Waiting:
    """What waits, oldest first.  A sender is known by its routing key."""

    def __init__(self, of_one: int | None = None) -> None:
        """Nothing has come.  Of one sender at most `of_one` are taken at once."""
        self._of_one = of_one
        self._all: deque[Delivery] = deque()
        self._seen = 0
        self._first: dict[str, int] = {}
        self._was_first = False
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

    def prefer(self, first: Mapping[str, int]) -> None:
        """Let some senders go before the others, each up to the delivery with a tag."""
        self._first.update(first)

    def take(self, most: int) -> list[Delivery]:
        """Take the oldest: `most` at most, `of_one` of each sender, and none after MOST_BYTES.

        Those who go first are taken by themselves, but not twice running: all have their turn.
        """
        self._was_first = bool(self._first) and not self._was_first
        if self._was_first and (taken := self._take_first(most)):
            return taken
        return self._take(most)

    def _take_first(self, most: int) -> list[Delivery]:
        first, last = self._first, max(self._first.values())
        taken = self._take(most, lambda each: each.tag <= first.get(each.routing_key, 0), last)
        cut = len(taken) == most or sum(len(each.body) for each in taken) >= MOST_BYTES
        reached = {each.routing_key for each in taken if each.tag == first[each.routing_key]}
        self._first = {key: tag for key, tag in first.items() if cut and key not in reached}
        return taken

    def _take(
        self,
        most: int,
        wanted: Callable[[Delivery], bool] = lambda _each: True,
        last: int | None = None,
    ) -> list[Delivery]:
        """Take those that are wanted, looking no further than to the tag `last`."""
        taken: list[Delivery] = []
        left: list[Delivery] = []
        of_sender: Counter[str] = Counter()
        size = 0
        while self._all and len(taken) < most and size < MOST_BYTES:
            if last is not None and self._all[0].tag > last:
                break
            delivery = self._all.popleft()
            key = delivery.routing_key
            if not wanted(delivery) or (self._of_one and of_sender[key] == self._of_one):
                left.append(delivery)
                continue
            of_sender[key] += 1
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
