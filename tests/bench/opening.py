"""How a clinic of the benchmarks is opened through the API, and what is in it."""

from collections.abc import Callable
from uuid import UUID

import requests

from shared import clock
from tests.bench import sites
from tests.people import Person

_HANNA = Person(UUID(int=1), "Hanna", "hanna@needlepoint.example", ("hq_admin",), None)
HOURS = [{"weekday": day, "opens": "09:00", "closes": "18:00"} for day in range(1, 8)]
TREATMENT = {
    "name": "Acne scars, face",
    "indication": "IND-01",
    "duration_minutes": 30,
    "interval_days": 28,
    "area": "face",
    "depth_um": 1000,
    "credentials": ["registered_nurse"],
}
CREDENTIAL = {
    "credential": "registered_nurse",
    "max_depth_face_um": 1500,
    "max_depth_body_um": 2000,
    "valid_until": "2099-12-31",
}


def adding(address: str) -> Callable[..., UUID]:
    """Return what adds things through the API, as headquarters, and answers their ids."""
    desk = requests.Session()
    desk.headers["Authorization"] = f"Bearer {sites.token(_HANNA)}"

    def add(path: str, **body: object) -> UUID:
        answer = desk.post(f"{address}/v1/clinics{path}", json=body, timeout=10)
        if answer.status_code != 201:
            raise RuntimeError(answer.text)
        return UUID(answer.json()["id"])

    return add


def pen(clinic: UUID, device: UUID, number: int) -> dict:
    return {
        "device_id": device,
        "clinic_id": clinic,
        "model": "Pen 4",
        "name": f"Pen {number:02}",
        "status": "idle",
        "fit": True,
        "reasons": [],
        "changed_at": clock.now(),
    }
