"""Process: the demo franchise's pens, all in one thread, over real MQTT.

Environment: PENS_FILE, which the loader writes with mode 600; we wait for it, and start anew when
it changes:
{"mqtt": {"host", "port"}, "seed",
 "pens": [{"device_id", "clinic_id", "secret", "name", "profile"}]}
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy.demo.simulated import SimulatedPen
from deploy.devicekit import loop
from deploy.devicekit.pen import Identity

TURN_S = 0.1
LOOK_EVERY_S = 5.0


class Stop:
    """Whether somebody asked us to end."""

    def __init__(self) -> None:
        """Listen for SIGTERM and SIGINT."""
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, *_args: object) -> None:
        self.asked = True


def main() -> None:
    """Simulate until SIGTERM."""
    file = Path(os.environ["PENS_FILE"])
    stop = Stop()
    while not stop.asked:
        if file.exists():
            run(file, stop)
        else:
            time.sleep(1)


def run(file: Path, stop: Stop) -> None:
    """Simulate the pens of one version of the file."""
    version = file.stat().st_mtime_ns
    pens = simulated(json.loads(file.read_text(encoding="utf-8")))
    sys.stdout.write(f"pens: {len(pens)} simulated\n")
    sys.stdout.flush()
    look_at = time.monotonic() + LOOK_EVERY_S
    while not stop.asked:
        loop.turn([each.pen for each in pens], TURN_S)
        now_s = time.monotonic()
        for each in pens:
            each.step(now_s)
        if now_s >= look_at:
            look_at = now_s + LOOK_EVERY_S
            if not file.exists() or file.stat().st_mtime_ns != version:
                break
    for each in pens:
        each.pen.switch(on=False)


def simulated(facts: dict[str, Any]) -> list[SimulatedPen]:
    """Return the pens of a file's content; the same seed gives the same behaviour."""
    now_s = time.monotonic()
    boot_id = int(time.time())  # firmware counts its starts; the clock serves as well for us
    return [
        SimulatedPen(
            Identity(
                host=facts["mqtt"]["host"],
                port=facts["mqtt"]["port"],
                device_id=UUID(pen["device_id"]),
                clinic_id=UUID(pen["clinic_id"]),
                secret=pen["secret"],
            ),
            profile=pen["profile"],
            chance=random.Random(f"{facts['seed']}/{pen['name']}"),  # noqa: S311 # a simulation
            boot_id=boot_id,
            now_s=now_s,
        )
        for pen in facts["pens"]
    ]


if __name__ == "__main__":
    main()
