"""Process: the demo franchise's staff at work, through the API, for as long as it runs.

Where a clinic is open somebody walks in, is booked, screened, signs, and is treated with a
simulated pen, which streams what it does.  Environment: DEMO_FILE, PENS_FILE, GATEWAY_URL.
"""

import json
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests

from deploy.demo import franchise, visit
from deploy.demo.outside import Caller, DemoRefused
from shared import clock

OPEN = range(8, 19)
BETWEEN_S = 20  # from one treatment's end to the next client at the door
NIGHT_S = 300
CLOSING_S = 15  # treatments that run are brought to their end, without waiting between steps


@dataclass(frozen=True, slots=True)
class Team:
    """One clinic's people and its simulated pens."""

    clinic: dict[str, Any]
    desk: Caller
    practitioners: list[Caller]
    pens: list[str]


def main() -> None:
    """Work in every clinic until SIGTERM."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    teams = _teams()
    workers = [
        threading.Thread(target=_work, args=(team, place, ended), daemon=True)
        for place, team in enumerate(teams)
    ]
    for worker in workers:
        worker.start()
    ended.wait()
    for worker in workers:
        worker.join(CLOSING_S)


def _teams() -> list[Team]:
    facts = json.loads(Path(os.environ["DEMO_FILE"]).read_text(encoding="utf-8"))
    pens = json.loads(Path(os.environ["PENS_FILE"]).read_text(encoding="utf-8"))["pens"]
    gateway = os.environ["GATEWAY_URL"]

    def people(role: str, clinic_id: str) -> list[Caller]:
        return [
            Caller(gateway, email=account["email"], password=account["password"])
            for account in facts["accounts"]
            if account["role"] == role and clinic_id in account["clinic_ids"]
        ]

    return [
        Team(
            clinic,
            people("front_desk", clinic["id"])[0],
            people("practitioner", clinic["id"]),
            [pen["device_id"] for pen in pens if pen["clinic_id"] == clinic["id"]],
        )
        for clinic in facts["clinics"]
    ]


def _work(team: Team, place: int, ended: threading.Event) -> None:
    """See one client after the other while the clinic is open."""
    chance = random.Random(f"{franchise.SEED}/{place}/day")  # noqa: S311 # a story
    ended.wait(3 + 8 * place)  # the clinics do not move in step
    _try(lambda: visit.tidy(team.clinic["id"], team.desk, team.practitioners[0], team.pens))
    while not ended.is_set():
        if not is_open(clock.now(), team.clinic["time_zone"]):
            ended.wait(NIGHT_S)
            continue
        _see(team, chance, ended.wait)
        ended.wait(BETWEEN_S + chance.randint(0, 30))


def is_open(now: datetime, time_zone: str) -> bool:
    """Say whether the demo's opening hours leave time for a treatment."""
    return now.astimezone(ZoneInfo(time_zone)).hour in OPEN


def _see(team: Team, chance: random.Random, wait: Callable[[float], object]) -> None:
    practitioner, pen = chance.choice(team.practitioners), chance.choice(team.pens)
    clinic_id = team.clinic["id"]
    _try(lambda: visit.treat(clinic_id, team.desk, practitioner, pen, chance, wait))


def _try(act: Callable[[], None]) -> None:
    """Act; what the platform refuses is said, and tried again with the next client.

    A clinic may be full, a pen out of battery, the platform about to restart.
    """
    try:
        act()
    except (DemoRefused, visit.NoTimeFree, requests.RequestException) as refused:
        sys.stdout.write(f"{clock.now():%H:%M:%S} {type(refused).__name__}: {refused}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
