"""One client's visit, from the door to the aftercare, as the staff drive it through the API."""

import random
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from deploy.demo import franchise
from deploy.demo.outside import Caller, DemoRefused
from shared import clock

BOOKING, RECORDS = "/api/booking/v1", "/api/client-records/v1"
TREATMENT = franchise.TREATMENTS[0]["name"]
# Forehead, cheek, chin: zone, depth in micrometres, passes.
PLAN = ((1, 400, 2), (8, 500, 3), (10, 450, 2))
NEEDLING, NEEDLING_S = "PROC-10", 40
STEP_S = 3
_DAY = timedelta(days=1)
WALK_IN = "@walkin.example"  # by which we know whom we treated


class NoTimeFree(RuntimeError):
    """Nobody is free within the next days."""


def treat(
    clinic_id: str,
    desk: Caller,
    practitioner: Caller,
    device_id: str,
    chance: random.Random,
    wait: Callable[[float], object],
) -> None:
    """Let a client walk in, and treat them.  Raises NoTimeFree, DemoRefused."""
    me = practitioner.get("/api/identity/v1/me")["id"]
    client = _register(desk, clinic_id, chance)
    appointment = _book(desk, clinic_id, client["id"], me)
    path = f"{BOOKING}/appointments/{appointment['id']}"
    desk.post(f"{path}/arrive")
    _screen(desk, client["id"], appointment)
    _sign(desk, client["id"], appointment["id"])
    session = _start(
        practitioner,
        {
            "appointment_id": appointment["id"],
            "practitioner_id": me,
            "device_id": device_id,
            "cartridge": {
                "lot": f"LOT-{chance.randint(1, 6):03}",
                "serial": uuid.uuid4().hex[:16],
                "expires_on": (clock.now() + timedelta(days=300)).date().isoformat(),
            },
            "plan": [{"zone": z, "depth_um": d, "passes": p} for z, d, p in PLAN],
        },
    )
    _work_through(practitioner, session["id"], wait)


def _start(practitioner: Caller, body: dict[str, Any]) -> dict[str, Any]:
    """Start the treatment; end one of ours that was left running when the demo was stopped."""
    path = f"{RECORDS}/sessions"
    try:
        started: dict[str, Any] = practitioner.post(path, body, key=str(uuid.uuid4()))
    except DemoRefused as refused:
        left = refused.problem.get("session_id")
        if refused.type != "device-busy" or not left or not _is_ours(practitioner, left):
            raise
        practitioner.post(f"{path}/{left}/stop", {"reason": "other"})
        started = practitioner.post(path, body, key=str(uuid.uuid4()))
    return started


def _is_ours(practitioner: Caller, session_id: str) -> bool:
    """Say whether a session is of somebody whom the demo let walk in."""
    client_id = practitioner.get(f"{RECORDS}/sessions/{session_id}")["client_id"]
    email = practitioner.get(f"{RECORDS}/clients/{client_id}")["email"]
    return bool(email and email.endswith(WALK_IN))


def tidy(clinic_id: str, desk: Caller, practitioner: Caller, pens: list[str]) -> None:
    """Break off what an interrupted day left running with simulated pens, so that these are free.

    Treatments with the spare pen are somebody else's.
    """
    now = clock.now()
    left = desk.get(
        f"{BOOKING}/clinics/{clinic_id}/appointments",
        **{"from": (now - timedelta(days=2)).isoformat(), "to": (now + _DAY).isoformat()},
        status="in_treatment",
    )
    for appointment in left["items"]:
        path = f"{RECORDS}/clients/{appointment['client_id']}/sessions"
        for session in practitioner.get(path)["items"]:
            if session["state"] == "running" and session["device_id"] in pens:
                practitioner.post(f"{RECORDS}/sessions/{session['id']}/stop", {"reason": "other"})


def _register(desk: Caller, clinic_id: str, chance: random.Random) -> dict[str, Any]:
    given, family = chance.choice(franchise.GIVEN), chance.choice(franchise.FAMILY)
    body = {
        "given_name": given,
        "family_name": family,
        "birth_date": f"{chance.randint(1955, 2000)}-{chance.randint(1, 12):02}-17",
        "email": f"{given}.{family}.{uuid.uuid4().hex[:8]}{WALK_IN}".lower(),
        "phone": f"+1999{uuid.uuid4().int % 10**7:07}",
        "clinic_id": clinic_id,
    }
    made: dict[str, Any] = desk.post(f"{RECORDS}/clients", body, key=str(uuid.uuid4()))
    return made


def _book(desk: Caller, clinic_id: str, client_id: str, practitioner_id: str) -> dict[str, Any]:
    """Book the next time at which this practitioner is free."""
    base = f"{BOOKING}/clinics/{clinic_id}"
    treatment = next(
        each for each in desk.get(f"{base}/treatments")["items"] if each["name"] == TREATMENT
    )
    now = clock.now()
    told = desk.get(
        f"{base}/availability",
        **{"from": now.isoformat(), "to": (now + 3 * _DAY).isoformat()},
        treatment_id=treatment["id"],
        practitioner_id=practitioner_id,
    )
    if not told["times"]:
        raise NoTimeFree("Nobody is free within the next three days.")
    body = {
        "treatment_id": treatment["id"],
        "client_id": client_id,
        "practitioner_id": practitioner_id,
        "starts_at": told["times"][0]["starts_at"],
    }
    booked: dict[str, Any] = desk.post(f"{base}/appointments", body, key=str(uuid.uuid4()))
    return booked


def _screen(desk: Caller, client_id: str, appointment: dict[str, Any]) -> None:
    questions = desk.get(f"{RECORDS}/screening-questions")["items"]
    body = {
        "appointment_id": appointment["id"],
        "treatment_id": appointment["treatment_id"],
        "answers": {q["id"]: q["clear_answer"] for q in questions if q["only_if"] is None},
    }
    desk.post(f"{RECORDS}/clients/{client_id}/screenings", body, key=str(uuid.uuid4()))


def _sign(desk: Caller, client_id: str, appointment_id: str) -> None:
    templates = desk.get(f"{RECORDS}/consent-templates")["items"]
    body = {
        "template_version": next(each["version"] for each in templates if each["current"]),
        "signature": "signed at the desk",
        "signed_at": clock.now().isoformat(),
        "appointment_id": appointment_id,
    }
    desk.post(f"{RECORDS}/clients/{client_id}/consents", body, key=str(uuid.uuid4()))


def _work_through(practitioner: Caller, session_id: str, wait: Callable[[float], object]) -> None:
    """Record the mandatory steps; the pen needles meanwhile.  Then complete."""
    path = f"{RECORDS}/sessions/{session_id}"
    for step in practitioner.get(f"{RECORDS}/protocol-steps")["items"]:
        if step["automatic"] or not step["mandatory"]:
            continue
        for evidence in _evidence(step):
            wait(NEEDLING_S if step["id"] == NEEDLING else STEP_S)
            body = {"step": step["id"], "evidence": evidence}
            practitioner.post(f"{path}/steps", body, key=str(uuid.uuid4()))
    practitioner.post(f"{path}/complete")


def _evidence(step: dict[str, Any]) -> list[dict[str, Any]]:
    if step["id"] != NEEDLING:
        return [step["example"]]
    return [
        {**step["example"], "zone": zone, "depth_um": depth, "passes": passes}
        for zone, depth, passes in PLAN
    ]
