"""How far a device's clock is from ours, by what it says when it says it.

An offset is our time minus the device's, in milliseconds: a delay on the way adds to it, nothing
takes from it.  So the least of a few is the truest, and only a clock that is behind makes all of
them large by the same.
"""

from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from typing import Final

from services.device_telemetry.domain.alarms import CLOCK_WILD, LATE, OFFLINE
from services.device_telemetry.domain.readings import EARLIEST

KEPT: Final = 3
WILD_MS: Final = CLOCK_WILD // timedelta(milliseconds=1)
STEADY_MS: Final = 10_000  # words that waited somewhere differ by the half minute between them
RIGHT_FOR: Final = timedelta(seconds=60)  # so long readings must come in their time
# no word waits longer on its way: then it is the clock
LONGEST_MS: Final = EARLIEST // timedelta(milliseconds=1)
MOST_PACED: Final = 20_000


def offset_ms(offsets: Sequence[int]) -> int:
    """Return what to add to a device's time to have ours, newest offset first; 0: it never said.

    What can only be the clock counts at once, and no longer than it is so: whoever goes by an hour
    that was set right meanwhile takes what happens now for history, and stops nobody.
    """
    if offsets and not 0 <= offsets[0] <= LONGEST_MS:
        return offsets[0]
    return max(0, min(offsets, default=0))


def happened_at(at: datetime, offsets: Sequence[int]) -> datetime:
    """Return when something happened by our clock, that happened `at` the device's time."""
    return at + timedelta(milliseconds=offset_ms(offsets))


def is_late(at: datetime, offsets: Sequence[int], now: datetime) -> bool:
    """Say whether what happened `at` the device's time is heard too late for a stop to help.

    A clock may have been set right since the device last said its time, and a stop too many is the
    lesser harm: what any likely clock says is of now counts as of now.  The newest offset is likely
    unless it is large, for then the word may have waited.
    """
    if abs(now - at) <= LATE:
        return False
    likely = {offset_ms(offsets), *(each for each in offsets[:1] if each <= WILD_MS)}
    return all(now - at - timedelta(milliseconds=each) > LATE for each in likely)


def waited(offsets: Sequence[int]) -> bool:
    """Say whether the newest word, first in `offsets`, was said long before it was heard.

    Those before were heard sooner by more than a device may be silent.  Once as many as are kept
    agree it is the clock that was set back, as it is at once when no word can have waited so long.
    """
    return _is_behind(offsets, OFFLINE)


def is_set_back(offsets: Sequence[int]) -> bool:
    """Say whether the newest word, which cannot have waited, tells of a clock that was set back."""
    return _is_behind(offsets, LATE)


def _is_behind(offsets: Sequence[int], by: timedelta) -> bool:
    if not offsets or offsets[0] > LONGEST_MS:
        return False
    return offsets[0] - max(0, min(offsets)) > by // timedelta(milliseconds=1)


def of_start(offsets: Sequence[int], said_ms: int | None, started_ms: int | None) -> Sequence[int]:
    """Return the offsets that say something of readings, newest first.

    `started_ms`, `said_ms`: when the device started by its own clock, as readings say it and as the
    newest word does.  While few words have told of a clock that is behind, they say nothing of
    readings that another start took: those waited, and their clock may have been right.
    """
    if said_ms is None or started_ms is None or abs(said_ms - started_ms) <= WILD_MS:
        return offsets
    return [] if len(offsets) < KEPT and offset_ms(offsets) > WILD_MS else offsets


def behind_ms(offsets: Sequence[int], said_ms: int | None, started_ms: int) -> int:
    """Return how far readings are behind, by words of the same start; 0 where none has told.

    `said_ms` and `started_ms` as for of_start().
    """
    if said_ms is None or abs(said_ms - started_ms) > WILD_MS:
        return 0
    return max(0, offset_ms(offsets))


def wild_ms(offsets: Sequence[int]) -> int | None:
    """Return how far off the clock is, newest offset first; None: not wild, or not known to be."""
    if offsets and not -WILD_MS <= offsets[0] <= LONGEST_MS:
        return abs(offsets[0])
    steady = len(offsets) >= KEPT and max(offsets) - min(offsets) < STEADY_MS
    return min(offsets) if steady and min(offsets) > WILD_MS else None


def is_right(offsets: Sequence[int]) -> bool:
    """Say whether the newest word shows a clock that is right."""
    return bool(offsets) and -WILD_MS <= offsets[0] <= LONGEST_MS and min(offsets) <= WILD_MS


def is_right_by_readings(
    first_at: datetime, last_at: datetime, least_ms: int, most_ms: int
) -> bool:
    """Say whether readings that came between two moments of ours show a clock that is right.

    `least_ms`, `most_ms`: the offsets of their ends.  Those that a clock which is ahead took while
    off line pass by our time too, faster than it goes: their offsets do not stay the same.
    """
    near = least_ms >= -WILD_MS and most_ms <= WILD_MS
    return near and most_ms - least_ms < STEADY_MS and last_at - first_at >= RIGHT_FOR


class Pace:
    """Whether readings come as they are taken: what waited comes faster than our time goes.

    For one process: a net, not a ledger.
    """

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._known: dict[Hashable, tuple[int, datetime, int, int]] = {}

    def is_of_now(self, device: Hashable, boot_id: int, offset_ms: int, now: datetime) -> bool:
        """Note how far readings of a device's start are off; say if it was as far for a minute.

        Of its last start to send any: whoever names ever new ones takes no room of others.
        """
        begun = boot_id, now, offset_ms, offset_ms
        known_boot, first_at, least, most = self._known.get(device, begun)
        least, most = min(least, offset_ms), max(most, offset_ms)
        if known_boot == boot_id and most - least < STEADY_MS:
            begun = boot_id, first_at, least, most
        if device not in self._known and len(self._known) >= MOST_PACED:
            self._known.clear()
        self._known[device] = begun
        return now - begun[1] >= RIGHT_FOR
