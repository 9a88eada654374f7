"""Command: open the demo franchise, through the platform's own API, and write DEMO_FILE.

`python -m deploy.demo.load` may be repeated: what is done is remembered beside DEMO_FILE, and each
request carries an Idempotency-Key, so that a run that was broken off is taken up again.  The same
SEED gives the same franchise; only secrets differ from machine to machine.
"""

import os
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from deploy.demo import franchise, history, staffing
from deploy.demo.franchise import CLINICS, DemoClinic
from deploy.demo.outside import Caller
from deploy.demo.progress import Progress, write_private
from shared import db, settings

HEADQUARTERS = (("hq_admin", "hanna"), ("hq_analyst", "ana"))


def main() -> None:
    """Load what is missing, then write what programs from outside need."""
    demo_file = Path(os.environ["DEMO_FILE"])
    progress = Progress(demo_file.with_name("demo-made.json"))
    gateway = os.environ["GATEWAY_URL"]
    made = progress.once("whole", lambda: _load(gateway, progress))
    write_private(demo_file, _facts(os.environ["PUBLIC_URL"], made, progress))
    write_private(Path(os.environ["PENS_FILE"]), _pens(made))
    _say(f"open: {len(made)} clinics")


def _load(gateway: str, progress: Progress) -> list[dict[str, Any]]:
    """Make everything that an earlier run did not; return the clinics with what is in them."""
    db.open_pool(
        settings.secret("SEED_DATABASE_URL_BOOKING"), connections=4
    )  # for the weeks behind
    _say("headquarters")
    admin = _first_admin(gateway, progress)
    with ThreadPoolExecutor(2) as pair:
        loads = [pair.submit(_clinic, gateway, admin, clinic, progress) for clinic in CLINICS]
        return [load.result() for load in loads]


def _first_admin(gateway: str, progress: Progress) -> Caller:
    """Make headquarters' people; the first without HTTP, for nobody can sign in yet."""
    password = progress.once("password/hanna", _password)
    email = staffing.email("hanna", "headquarters")
    progress.once("staff/hanna", lambda: _create_admin(email, password))
    admin = Caller(gateway, email=email, password=password)
    for role, name in HEADQUARTERS[1:]:
        staffing.add(admin, progress, role=role, name=name, place="headquarters", clinic_id=None)
    return admin


def _create_admin(email: str, password: str) -> str:
    made = subprocess.run(
        [
            *(sys.executable, "-m", "services.identity.create_staff"),
            *("--email", email, "--name", "Hanna (headquarters)", "--role", "hq_admin"),
        ],
        input=f"{password}\n",
        env=os.environ | {"DATABASE_URL": settings.secret("SEED_DATABASE_URL_IDENTITY")},
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.strip()


def _clinic(gateway: str, admin: Caller, clinic: DemoClinic, progress: Progress) -> dict[str, Any]:
    """Open one clinic with everything in it."""
    found = staffing.open_clinic(admin, clinic, progress)
    people = staffing.people(admin, clinic, found["id"], progress)
    manager = Caller(
        gateway, email=people["manager"]["email"], password=people["manager"]["password"]
    )
    treatments = staffing.catalogue(manager, clinic, found["id"], people, progress)
    pens = staffing.pens(manager, clinic, found["id"], progress)
    keys = staffing.api_keys(admin, clinic, found["id"], progress)
    desk = Caller(gateway, email=people["desk"]["email"], password=people["desk"]["password"])
    clients = history.clients(desk, clinic, found["id"], progress)
    history.wait_for_pens(desk, found["id"], len(pens))
    history.past(clinic, found, treatments, clients, progress)
    history.future(desk, clinic, found, treatments, clients, progress)
    _say(f"{clinic.name}: {len(clients)} clients")
    return {"clinic": found, "people": people, "pens": pens, "keys": keys, "treatments": treatments}


def _facts(gateway: str, made: list[dict[str, Any]], progress: Progress) -> dict[str, Any]:
    """Return what `.run/demo.json` says; its shape is a contract."""
    accounts = [
        {
            "role": "hq_admin",
            "email": staffing.email("hanna", "headquarters"),
            "password": progress.made["password/hanna"],
            "clinic_ids": [],
        },
        {**progress.made["staff/headquarters/ana"], "role": "hq_analyst", "clinic_ids": []},
    ]
    for each in made:
        accounts += [
            {**person, "clinic_ids": [each["clinic"]["id"]]} for person in each["people"].values()
        ]
    return {
        "gateway": gateway,
        "mqtt": {"host": os.environ["MQTT_HOST"], "port": int(os.environ["MQTT_PORT"])},
        "mailbox": os.environ["MAILBOX"],
        "accounts": [
            {name: person[name] for name in ("role", "email", "password", "clinic_ids")}
            for person in accounts
        ],
        "api_keys": [key for each in made for key in each["keys"]],
        "clinics": [
            {name: each["clinic"][name] for name in ("id", "name", "time_zone")} for each in made
        ],
        "devices": [
            {
                **{name: pen[name] for name in ("id", "clinic_id", "secret")},
                "purpose": "spare: not simulated, drive it yourself",
            }
            for each in made
            for pen in each["pens"]
            if pen["profile"] == "spare"
        ],
    }


def _pens(made: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the simulated pens need to connect; they may stand inside a network."""
    host = os.environ.get("INSIDE_MQTT_HOST", os.environ["MQTT_HOST"])
    port = int(os.environ.get("INSIDE_MQTT_PORT", os.environ["MQTT_PORT"]))
    return {
        "mqtt": {"host": host, "port": port},
        "seed": franchise.SEED,
        "pens": [
            {
                "device_id": pen["id"],
                **{n: pen[n] for n in ("clinic_id", "secret", "name", "profile")},
            }
            for each in made
            for pen in each["pens"]
            if pen["profile"] != "spare"
        ],
    }


def _password() -> str:
    return secrets.token_urlsafe(15)


def _say(line: str) -> None:
    sys.stdout.write(f"demo franchise: {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
