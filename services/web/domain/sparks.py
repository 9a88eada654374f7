"""Sparklines: two weeks of a clinic in a line as wide as a word."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

DAYS: Final = 14
WIDTH: Final = 84
HEIGHT: Final = 22
_MARGIN: Final = 2


@dataclass(frozen=True, slots=True)
class Spark:
    """A line as SVG points, and what it says in words."""

    points: str
    words: str


def days_before(today: date) -> tuple[date, date]:
    """Return the first and the last of the days that are drawn: they are over."""
    return today - timedelta(days=DAYS), today - timedelta(days=1)


def spark(counts: Mapping[str, int], today: date) -> Spark:
    """Return the line of `counts` by ISO day; a day that is missing had none."""
    first, _ = days_before(today)
    values = [counts.get(str(first + timedelta(days=each)), 0) for each in range(DAYS)]
    most = max(values) or 1
    step = (WIDTH - 2 * _MARGIN) / (DAYS - 1)
    room = HEIGHT - 2 * _MARGIN
    points = " ".join(
        f"{_MARGIN + place * step:.1f},{HEIGHT - _MARGIN - value / most * room:.1f}"
        for place, value in enumerate(values)
    )
    return Spark(points, f"{min(values)} to {max(values)} a day, {values[-1]} yesterday")
