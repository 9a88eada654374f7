"""How much a device may send: enough for a full flash after weeks off line, not for ever."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final

MOST_KEYS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """Messages a second for as long as it likes, and how many at once after a silence."""

    per_s: float
    at_once: int


USUAL: Final[Mapping[str, Allowance]] = {
    "readings": Allowance(50, 20_000),  # hours in flash come within minutes
    "events": Allowance(20, 1_200),
    "status": Allowance(5, 300),
    "set_aside": Allowance(5, 300),
}


class Buckets:
    """What each sender has left.  For one process: a net, not a ledger."""

    def __init__(self, allowances: Mapping[str, Allowance] = USUAL) -> None:
        """Nobody has sent anything yet."""
        self.allowances = dict(allowances)
        self._left: dict[tuple[str, Hashable], tuple[float, float]] = {}

    def take(self, kind: str, sender: Hashable, many: int, now_s: float) -> bool:
        """Take so many from a sender's bucket; say whether there were enough.

        `now_s` never goes back.  An empty bucket is full again at once: its sender was told.
        """
        allowance = self.allowances[kind]
        left, at = self._left.get((kind, sender), (float(allowance.at_once), now_s))
        left = min(allowance.at_once, left + (now_s - at) * allowance.per_s) - many
        if left < 0:
            self._left.pop((kind, sender), None)
            return False
        if len(self._left) >= MOST_KEYS:
            self._left.clear()
        self._left[kind, sender] = left, now_s
        return True
