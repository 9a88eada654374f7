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
BETWEEN_S = 45  # from one treatment's end to the next client at the door
NIGHT_S = 300


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
    practitioner = chance.choice(team.practitioners)
    try:
        visit.treat(
            team.clinic["id"], team.desk, practitioner, chance.choice(team.pens), chance, wait
        )
    except (DemoRefused, visit.NoTimeFree, requests.RequestException) as refused:
        # A busy clinic, a pen that lost its battery, a platform that restarts: try again later.
        sys.stdout.write(f"{clock.now():%H:%M:%S} {type(refused).__name__}: {refused}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
