"""A session's trace as a drawing: depth over time, the limit of each zone, and what went beyond.

Across, places are hundredths of its width, whatever that is; down, they are pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.web.domain import zones
from services.web.domain.words import read_moment

WIDTH, HEIGHT, TOP = 100, 260, 14
TICKS_X, STEPS_UM = 6, (100, 250, 500, 1000)
ALWAYS: Final = 3  # each third time is also there on a phone
MOST_TICKS_Y: Final = 6
NAMED_FROM, ALWAYS_NAMED_FROM = 8, 25  # of the width: what a zone's name needs, and on a phone
_SHORTEST_LIMIT: Final = 0.25
SHORTEST: Final = timedelta(seconds=2)  # to look at
_LONGEST_STEP_S: Final = 2.0  # longer is a pause, unless samples are left out

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis: where, and what it says; `always`, or only where there is room."""

    at: float
    word: str
    always: bool = True


@dataclass(frozen=True, slots=True)
class Limit:
    """How deep a zone might go, for as long as the pen was there.

    `name` if there is room; `always`, or only where the drawing is wide.
    """

    x: float
    to_x: float
    y: float
    name: str
    always: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing.  `lines` are SVG points, one stretch without a pause each."""

    lines: list[str]
    beyond: list[tuple[float, float]]
    limits: list[Limit]
    across: list[Tick]
    up: list[Tick]
    words: str


@dataclass(frozen=True, slots=True)
class Look:
    """The stretch that is shown, and those to go to from here; a missing one is None."""

    since: datetime
    until: datetime
    closer: tuple[datetime, datetime] | None
    earlier: tuple[datetime, datetime] | None
    later: tuple[datetime, datetime] | None
    whole: bool


@dataclass(frozen=True, slots=True)
class _Scale:
    since: datetime
    until: datetime
    low: int
    high: int

    def x(self, moment: datetime) -> float:
        share = (moment - self.since) / (self.until - self.since)
        return round(share * WIDTH, 2)

    def y(self, depth_um: int) -> float:
        share = (self.high - depth_um) / (self.high - self.low)
        return round(TOP + share * (HEIGHT - TOP), 1)


def look(first: datetime, last: datetime, since: datetime | None, until: datetime | None) -> Look:
    """Return what is shown of a session from `first` to `last`, and where to go from there."""
    end = last + timedelta(milliseconds=1)  # `to` is not included
    since, until = since or first, until or end
    span = max(until - since, SHORTEST)
    quarter = span / 4
    return Look(
        since=since,
        until=since + span,
        closer=(since + quarter, since + 3 * quarter) if span / 2 >= SHORTEST else None,
        earlier=(since - span / 2, since + span / 2) if since > first else None,
        later=(since + span / 2, since + span * 3 / 2) if since + span < end else None,
        whole=since <= first and since + span >= end,
    )


def chart(points: Sequence[Row], limits: Sequence[Row], shown: Look, zone: ZoneInfo) -> Chart:
    """Return the drawing of a trace's points, its times as the clinic's clock in `zone` says."""
    limit_um = {int(each["zone"]): int(each["limit_um"]) for each in limits}
    drawn = [(read_moment(each["at"]), int(each["zone"]), int(each["depth_um"])) for each in points]
    depths = [depth for _, _, depth in drawn]
    high = max([500, *depths, *(limit_um.get(where, 0) for _, where, _ in drawn)])
    scale = _Scale(shown.since, shown.until, min([0, *depths]), high + high // 10)
    beyond = [
        (scale.x(at), scale.y(depth))
        for (at, _, depth), point in zip(drawn, points, strict=True)
        if _is_beyond(point, limit_um)
    ]
    return Chart(
        lines=_lines(drawn, scale),
        beyond=beyond,
        limits=_limits(drawn, limit_um, scale),
        across=_across(scale, zone),
        up=_up(scale),
        words=_words(depths, len(beyond)),
    )


def _is_beyond(point: Row, limit_um: Mapping[int, int]) -> bool:
    """Say whether a sample is too deep, or needles where the session has no limit."""
    zone, depth = point["zone"], point["depth_um"]
    if zone in limit_um:
        return bool(depth > limit_um[zone])
    return bool(zone) and depth > 0 and point["speed_rpm"] > 0


def _lines(drawn: Sequence[tuple[datetime, int, int]], scale: _Scale) -> list[str]:
    """Return the line, broken where the pen rested."""
    steps = [(later[0] - each[0]).total_seconds() for each, later in pairwise(drawn)]
    longest_s = max(_LONGEST_STEP_S, 4 * median(steps)) if steps else _LONGEST_STEP_S
    lines: list[list[str]] = []
    before: datetime | None = None
    for at, _, depth in drawn:
        if before is None or (at - before).total_seconds() > longest_s:
            lines.append([])
        lines[-1].append(f"{scale.x(at)},{scale.y(depth)}")
        before = at
    return [" ".join(line) for line in lines]


def _limits(
    drawn: Sequence[tuple[datetime, int, int]], limit_um: Mapping[int, int], scale: _Scale
) -> list[Limit]:
    found = []
    for number, group in groupby(drawn, key=lambda each: each[1]):
        stay = list(group)
        if number in limit_um:
            x, to_x = scale.x(stay[0][0]), scale.x(stay[-1][0])
            name = zones.zone(number) if to_x - x >= NAMED_FROM else ""
            to_x, always = max(to_x, x + _SHORTEST_LIMIT), to_x - x >= ALWAYS_NAMED_FROM
            found.append(Limit(x, to_x, scale.y(limit_um[number]), name, always))
    return found


def _across(scale: _Scale, zone: ZoneInfo) -> list[Tick]:
    span = scale.until - scale.since
    form = "%H:%M" if span > timedelta(minutes=10) else "%H:%M:%S"
    moments = [scale.since + span * each / TICKS_X for each in range(TICKS_X + 1)]
    return [
        Tick(scale.x(each), f"{each.astimezone(zone):{form}}", number % ALWAYS == 0)
        for number, each in enumerate(moments)
    ]


def _up(scale: _Scale) -> list[Tick]:
    fitting = (each for each in STEPS_UM if (scale.high - scale.low) / each <= MOST_TICKS_Y)
    step = next(fitting, STEPS_UM[-1])
    first = -(-scale.low // step) * step
    return [Tick(scale.y(each), f"{each / 1000:g}") for each in range(first, scale.high + 1, step)]


def _words(depths: Sequence[int], beyond: int) -> str:
    if not depths:
        return "No readings in this stretch."
    deepest = f"Depth over time, down to {max(depths) / 1000:.2f} mm."
    return f"{deepest} Beyond the limit of its zone at {beyond} of {len(depths)} points."
