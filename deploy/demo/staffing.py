"""Clinics, their people, rooms, treatments, pens and keys, made through the API."""

import secrets
from datetime import timedelta
from typing import Any

from deploy.demo.franchise import (
    CREDENTIAL_OF,
    CREDENTIALS,
    DEPTHS,
    EVERY_DAY,
    PENS,
    PROFILES,
    STAFF,
    TREATMENTS,
    DemoClinic,
)
from deploy.demo.outside import Caller
from deploy.demo.progress import Progress, key
from shared import clock

HOURS = [{"weekday": day, "opens": "08:00", "closes": "20:00"} for day in EVERY_DAY]
ROOMS = ("Room 1", "Room 2")
MODEL = "exceed"


def email(name: str, place: str) -> str:
    """Return a made-up address under a domain that no mail ever reaches (RFC 2606)."""
    return f"{name}.{place}@needlepoint.example"


def open_clinic(admin: Caller, clinic: DemoClinic, progress: Progress) -> dict[str, Any]:
    """Open a clinic and return it."""
    body = {
        "name": clinic.name,
        "time_zone": clinic.time_zone,
        "jurisdiction": clinic.jurisdiction,
        "phone": clinic.phone,
        "email": email("hello", clinic.key),
        "hours": HOURS,
    }
    return _made(admin, progress, f"clinic/{clinic.key}", "/api/booking/v1/clinics", body)


def add(
    admin: Caller, progress: Progress, *, role: str, name: str, place: str, clinic_id: str | None
) -> dict[str, Any]:
    """Add a member of staff with a random password; return id, role, email and password."""
    password = progress.once(f"password/{place}/{name}", lambda: secrets.token_urlsafe(15))
    body = {
        "email": email(name, place),
        "name": f"{name.capitalize()} ({place})",
        "roles": [role],
        "clinic_ids": [clinic_id] if clinic_id else [],
        "password": password,
    }

    def make() -> dict[str, Any]:
        made = admin.post("/api/identity/v1/staff", body, key=key("staff", place, name))
        return {"id": made["id"], "role": role, "email": body["email"], "password": password}

    found: dict[str, Any] = progress.once(f"staff/{place}/{name}", make)
    return found


def people(
    admin: Caller, clinic: DemoClinic, clinic_id: str, progress: Progress
) -> dict[str, dict[str, Any]]:
    """Return the clinic's staff by what they are called: manager, desk, nurse, doctor."""
    return {
        name: add(admin, progress, role=role, name=name, place=clinic.key, clinic_id=clinic_id)
        for role, name in STAFF
    }


def catalogue(
    manager: Caller,
    clinic: DemoClinic,
    clinic_id: str,
    staff: dict[str, dict[str, Any]],
    progress: Progress,
) -> list[dict[str, Any]]:
    """Make rooms, practitioners and treatments; return the treatments."""
    base = f"/api/booking/v1/clinics/{clinic_id}"
    for room in ROOMS:
        body: dict[str, Any] = {"name": room, "turnover_minutes": 10}
        _made(manager, progress, f"room/{clinic.key}/{room}", f"{base}/rooms", body)
    for name, (face, trunk) in DEPTHS.items():
        body = {
            "practitioner_id": staff[name]["id"],
            "name": f"{name.capitalize()} ({clinic.name})",
            "credential": CREDENTIAL_OF[name],
            "max_depth_face_um": face,
            "max_depth_body_um": trunk,
            "valid_until": _day(400),
            "hours": HOURS,
        }
        _made(manager, progress, f"practitioner/{clinic.key}/{name}", f"{base}/practitioners", body)
    return [
        _made(
            manager,
            progress,
            f"treatment/{clinic.key}/{treatment['name']}",
            f"{base}/treatments",
            {**treatment, "credentials": CREDENTIALS, "currency": clinic.currency},
        )
        for treatment in TREATMENTS
    ]


def pens(
    manager: Caller, clinic: DemoClinic, clinic_id: str, progress: Progress
) -> list[dict[str, Any]]:
    """Register the clinic's pens with their secrets; the last is spare."""
    profiles = [PROFILES[n % len(PROFILES)] for n in range(PENS)] + ["spare"]
    found = []
    for number, profile in enumerate(profiles, start=1):
        label = f"Pen {number}"
        device = _made(
            manager,
            progress,
            f"device/{clinic.key}/{number}",
            "/api/device-telemetry/v1/devices",
            {
                "clinic_id": clinic_id,
                "name": label,
                "model": MODEL,
                "serial": f"NP-{clinic.key[:3].upper()}-{number:03}",
                "calibrated_on": _day(-40),
                "calibration_due_on": _day(320),
            },
        )
        path = f"/api/device-telemetry/v1/devices/{device['id']}/credentials"
        shown = _made(manager, progress, f"secret/{clinic.key}/{number}", path, {})
        found.append(
            {
                "id": device["id"],
                "clinic_id": clinic_id,
                "name": f"{clinic.name} {label}",
                "secret": shown["secret"],
                "profile": profile,
            }
        )
    return found


def api_keys(
    admin: Caller, clinic: DemoClinic, clinic_id: str, progress: Progress
) -> list[dict[str, Any]]:
    """Make one key for the front desk's programs."""
    made = _made(
        admin,
        progress,
        f"api-key/{clinic.key}",
        "/api/identity/v1/api-keys",
        {"label": f"{clinic.name} till", "role": "front_desk", "clinic_id": clinic_id},
    )
    return [{"role": "front_desk", "clinic_id": clinic_id, "key": made["key"]}]


def _made(
    caller: Caller, progress: Progress, name: str, path: str, body: dict[str, Any]
) -> dict[str, Any]:
    found: dict[str, Any] = progress.once(
        name, lambda: caller.post(path, body, key=key(*name.split("/")))
    )
    return found


def _day(away: int) -> str:
    return (clock.now() + timedelta(days=away)).date().isoformat()
