"""How much a device may send: enough for a full flash, however long it was off line; not for ever.

Whoever is kept out for sending too much is not heard when it needles, so what is honest must fit.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final

MOST_KEYS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many a second for as long as it likes, and how many at once after a silence.

    `begins_anew`: whoever was over it has all of it again; else only what comes back in time.
    """

    per_s: float
    at_once: int
    begins_anew: bool = True


USUAL: Final[Mapping[str, Allowance]] = {
    "readings": Allowance(50, 400_000, begins_anew=False),  # 64 MiB of flash, ten samples a batch
    "repeats": Allowance(50, 20_000),  # of those; an honest device repeats what was under way
    # a flash's own room for events comes at once; for ever no more than some fifty pens together
    # may send before alarms of others wait
    "events": Allowance(5, 4_000, begins_anew=False),
    "status": Allowance(1, 300),
    "set_aside": Allowance(5, 300),
    # newly stored, for these fill the disk: twenty pens' worth, and a day off line
    "samples": Allowance(2_000, 10_000_000, begins_anew=False),
}


class Buckets:
    """What each sender has left.  For one process: a net, not a ledger."""

    def __init__(self, allowances: Mapping[str, Allowance] = USUAL) -> None:
        """Nobody has sent anything yet."""
        self.allowances = dict(allowances)
        self._left: dict[tuple[str, Hashable], tuple[float, float]] = {}

    def take(self, kind: str, sender: Hashable, many: int, now_s: float) -> bool:
        """Take so many from a sender's bucket; say whether there were enough.

        `now_s` never goes back.  An empty bucket is full again at once: its sender was told.  Not
        so where the allowance does not begin anew: keeping out for a while would not bound it.
        """
        allowance = self.allowances[kind]
        left, at = self._left.get((kind, sender), (float(allowance.at_once), now_s))
        left = min(allowance.at_once, left + (now_s - at) * allowance.per_s) - many
        if left < 0:
            self._left.pop((kind, sender), None)
            if not allowance.begins_anew:
                self._left[kind, sender] = 0.0, now_s
            return False
        if len(self._left) >= MOST_KEYS:
            self._left.clear()
        self._left[kind, sender] = left, now_s
        return True
