"""What a hand does with a pen in one treatment, tenth of a second by tenth of a second.

Deterministic by its random source.  Times are seconds since the session reached the pen.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

STEP_MS = 100
PREPARE_S = 8.0
PASS_S = 12.0
LIFT_S = 1.5  # between two passes the needles are in the air
TOO_DEEP_S = 2.0
TOO_DEEP_UM = 180
HIGH_CURRENT_MA = 960
AIR = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample in the order of the wire's columns, without its time."""

    zone: int
    depth_um: int
    speed_rpm: int
    current_ma: int
    temperature_cc: int


class Treatment:
    """The passes over the planned zones; `samples` ends when all of them are done."""

    def __init__(
        self, limits: list[dict[str, Any]], *, chance: random.Random, deep: bool, worn: bool
    ) -> None:
        """`deep` lets the hand slip once, `worn` lets a blunt cartridge draw more current."""
        self._chance = chance
        self._worn = worn
        self._passes = [each for each in limits for _ in range(int(each["passes"]))]
        self._slip = chance.randrange(len(self._passes)) if deep and self._passes else None

    def samples(self) -> Iterator[Sample]:
        """Yield a sample for each STEP_MS of needling and lifting."""
        warmth = 0.0
        for number, planned in enumerate(self._passes):
            slip_at = self._chance.uniform(2, PASS_S - TOO_DEEP_S - 1)
            for step in range(int(PASS_S * 1000 / STEP_MS)):
                warmth = min(1.0, warmth + 0.002)
                second = step * STEP_MS / 1000
                slips = number == self._slip and slip_at <= second < slip_at + TOO_DEEP_S
                yield self._in_skin(planned, second, warmth, slips=slips)
            for _ in range(int(LIFT_S * 1000 / STEP_MS)):
                warmth = max(0.0, warmth - 0.004)
                yield Sample(AIR, 0, 6600, 120, self._temperature(warmth))

    def steady(self) -> None:
        """Do not slip any more: the device has told the hand."""
        self._slip = None

    def _in_skin(
        self, planned: dict[str, Any], second: float, warmth: float, *, slips: bool
    ) -> Sample:
        sway = 18 * math.sin(second * 1.7) + self._chance.gauss(0, 9)
        depth = min(planned["depth_um"] + sway, planned["limit_um"] - 5)
        if slips:
            depth = planned["limit_um"] + TOO_DEEP_UM + self._chance.gauss(0, 15)
        current = HIGH_CURRENT_MA if self._worn and second < 1 else 180 + depth / 10
        return Sample(
            zone=planned["zone"],
            depth_um=round(max(0, depth)),
            speed_rpm=round(6600 + self._chance.gauss(0, 40)),
            current_ma=round(current + self._chance.gauss(0, 6)),
            temperature_cc=self._temperature(warmth),
        )

    def _temperature(self, warmth: float) -> int:
        return round(2850 + 900 * warmth + self._chance.gauss(0, 8))
