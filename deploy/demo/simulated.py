"""A simulated pen: the device kit with a hand on it.  It treats when the platform sends it limits.

Profiles: `steady` does as planned; `deep` slips in each treatment and stops when told; `offline`
loses its network now and then and sends later what it kept; `worn` is given a used cartridge in
every third treatment, and takes the right one when told.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from deploy.demo.hand import PREPARE_S, STEP_MS, Sample, Treatment
from deploy.devicekit.pen import Identity, Pen

BATCH = 10  # samples: one batch a second
LIFTED_S = 7.0  # after a hard stop, until somebody starts the pen again
AWAY_S = (15.0, 35.0)
IDLE_BETWEEN_AWAYS_S = (180.0, 420.0)
WORN_EVERY = 3
BAD_CARTRIDGE = {"cartridge_reused", "cartridge_expired"}
FIRMWARE = "4.2.1"


class SimulatedPen:
    """One pen and its owner.  `step` is called with the seconds of a steady clock."""

    def __init__(
        self, identity: Identity, *, profile: str, chance: random.Random, boot_id: int, now_s: float
    ) -> None:
        """Connect in the first step."""
        self._profile = profile
        self._chance = chance
        self._heard: list[dict[str, Any]] = []
        self._session: UUID | None = None
        self._treatment: Treatment | None = None
        self._samples: Iterator[Sample] = iter(())
        self._next_s = 0.0
        self._needling = False
        self._limits: dict[int, int] = {}
        self._too_deep = False
        self._kept: list[Sample] = []
        self._treated = 0
        self._cartridge: dict[str, str] | None = None
        self._first_cartridge: dict[str, str] | None = None
        self._given: dict[str, str] | None = None
        self._battery = chance.uniform(820, 990)
        self._back_at: float | None = None
        self._away_at = now_s + chance.uniform(*IDLE_BETWEEN_AWAYS_S)
        self.pen = Pen(
            identity,
            encoding=chance.choice(("binary", "json")),
            on_command=self.hear,
            status=self._status,
            boot_id=boot_id,
            rng=chance,
        )

    def hear(self, command: dict[str, Any]) -> None:
        """Keep a command until the next step."""
        self._heard.append(command)

    def step(self, now_s: float) -> None:
        """Obey what was heard, go on with the treatment, lose or find the network."""
        for command in self._heard:
            self._obey(command, now_s)
        self._heard.clear()
        self._wander(now_s)
        while self._treatment and now_s >= self._next_s:
            self._take_sample(now_s)

    def _obey(self, command: dict[str, Any], now_s: float) -> None:
        if command["command"] == "set_limits":
            self._begin(command, now_s)
        elif command["command"] == "stop" and command.get("reason") == "session_ended":
            if command.get("session_id") in {None, str(self._session)}:
                self._end()
        elif command["command"] == "stop" and self._treatment:
            self._treatment.steady()
            self._rest()
            self._next_s = now_s + LIFTED_S
            if command.get("reason") in BAD_CARTRIDGE:
                self._exchange()

    def _begin(self, command: dict[str, Any], now_s: float) -> None:
        """Take the session's cartridge and get ready."""
        self._end()
        self._session = UUID(command["session_id"])
        self._treated += 1
        worn = self._profile == "worn" and self._treated % WORN_EVERY == 0
        self._given = command.get("cartridge")
        self._insert(self._given, worn=worn)
        self._limits = {each["zone"]: each["limit_um"] for each in command["limits"]}
        self._treatment = Treatment(
            command["limits"], chance=self._chance, deep=self._profile == "deep", worn=worn
        )
        self._samples = self._treatment.samples()
        self._next_s = now_s + PREPARE_S

    def _insert(self, given: dict[str, str] | None, *, worn: bool) -> None:
        """Put a cartridge in: the session's own, or the first one once more."""
        self._cartridge = self._first_cartridge if worn and self._first_cartridge else given
        self._first_cartridge = self._first_cartridge or given
        if self._cartridge:
            self._say("cartridge_inserted", cartridge=self._cartridge)

    def _exchange(self) -> None:
        """Take the session's own cartridge; when it is that which is bad, treat no further."""
        if self._cartridge == self._given:
            self._treatment = None
            return
        self._say("cartridge_removed")
        self._insert(self._given, worn=False)

    def _end(self) -> None:
        """Come to rest; what was measured is sent."""
        self._rest()
        self._treatment = None
        self._session = None

    def _rest(self) -> None:
        if self._needling:
            self._needling = False
            self._say("needling_stopped")
        self._cut()

    def _take_sample(self, now_s: float) -> None:
        sample = next(self._samples, None)
        if sample is None:
            self._rest()
            self._treatment = None
            return
        if not self._needling:
            self._needling = True
            self._say("needling_started")
        self._kept.append(sample)
        self._look_at_depth(sample)
        self._battery = max(300.0, self._battery - 0.002)
        self._next_s = max(self._next_s, now_s - 1) + STEP_MS / 1000
        if len(self._kept) == BATCH:
            self._cut()

    def _look_at_depth(self, sample: Sample) -> None:
        """Say at once when the needles are too deep, once each time: no batch is as fast."""
        limit_um = self._limits.get(sample.zone)
        is_over = limit_um is not None and sample.depth_um > limit_um
        if is_over and not self._too_deep:
            facts = {"zone": sample.zone, "depth_um": sample.depth_um, "limit_um": limit_um}
            self._say("depth_over_limit", **facts)
        self._too_deep = is_over

    def _cut(self) -> None:
        """Freeze the samples since the last batch."""
        if not self._kept:
            return
        n, now = len(self._kept), datetime.now(UTC)
        columns = [
            [STEP_MS * i for i in range(n)],
            *(
                [getattr(sample, name) for sample in self._kept]
                for name in ("zone", "depth_um", "speed_rpm", "current_ma", "temperature_cc")
            ),
            [round(self._battery)] * n,
        ]
        self._kept = []
        self.pen.measure(
            columns,
            t0=now - timedelta(milliseconds=STEP_MS * n),
            uptime_ms=self._uptime_ms(),
            session_id=self._session,
            cartridge_serial=self._cartridge["serial"] if self._cartridge else None,
        )

    def _wander(self, now_s: float) -> None:
        """Lose the network now and then, if that is our profile."""
        if self._profile != "offline":
            return
        if self._back_at is not None and now_s >= self._back_at:
            self._back_at = None
            self._away_at = now_s + self._chance.uniform(*IDLE_BETWEEN_AWAYS_S)
            self.pen.switch(on=True)
        elif self._back_at is None and now_s >= self._away_at:
            self._back_at = now_s + self._chance.uniform(*AWAY_S)
            self.pen.switch(on=False, politely=False)

    def _status(self) -> dict[str, Any]:
        return {
            "uptime_ms": self._uptime_ms(),
            "battery_permille": round(self._battery),
            "firmware": FIRMWARE,
            "cartridge": self._cartridge,
        }

    def _uptime_ms(self) -> int:
        return (datetime.now(UTC) - _BEGAN) // timedelta(milliseconds=1)

    def _say(self, event: str, **facts: Any) -> None:
        session = {"session_id": str(self._session)} if self._session else {}
        self.pen.say(event, datetime.now(UTC), **session, **facts)


_BEGAN = datetime.now(UTC)
