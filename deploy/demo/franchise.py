"""Who and what the demo franchise is made of.  Everybody here is made up."""

import os
from dataclasses import dataclass
from typing import Any

SEED = 20260307
EVERY_DAY = range(1, 8)
PENS = 4  # a clinic has, the spare one not counted
CLIENTS = int(os.environ.get("DEMO_CLIENTS", "75"))  # a clinic has


@dataclass(frozen=True, slots=True)
class DemoClinic:
    """A clinic.  Lisbon, New York and Sydney change their clocks this year; Phoenix does not."""

    key: str
    name: str
    time_zone: str
    jurisdiction: str
    phone: str
    currency: str
    dialling: str
    locale: str


CLINICS = (
    DemoClinic(
        "lisbon", "Chiado", "Europe/Lisbon", "PT", "+351210000001", "EUR", "+35191", "pt-PT"
    ),
    DemoClinic(
        "newyork", "Tribeca", "America/New_York", "US-NY", "+12125550101", "USD", "+1212", "en-US"
    ),
    DemoClinic(
        "sydney",
        "Surry Hills",
        "Australia/Sydney",
        "AU-NSW",
        "+61255500001",
        "AUD",
        "+614",
        "en-AU",
    ),
    DemoClinic(
        "phoenix", "Arcadia", "America/Phoenix", "US-AZ", "+16025550101", "USD", "+1602", "en-US"
    ),
)

TREATMENTS: tuple[dict[str, Any], ...] = (
    {
        "name": "Pores and texture",
        "indication": "IND-10",
        "duration_minutes": 45,
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 0,
        "interval_days": 28,
        "area": "face",
        "depth_um": 500,
        "price_minor": 19000,
    },
    {
        "name": "Facial acne scars",
        "indication": "IND-01",
        "duration_minutes": 60,
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 15,
        "interval_days": 28,
        "area": "face",
        "depth_um": 1000,
        "price_minor": 26000,
    },
    {
        "name": "Stretch marks",
        "indication": "IND-07",
        "duration_minutes": 60,
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 15,
        "interval_days": 30,
        "area": "body",
        "depth_um": 1500,
        "price_minor": 29000,
    },
)
CREDENTIALS = ["registered_nurse", "physician"]

# (key, role, given name, family name, credential, deepest on the face and body in micrometres)
STAFF: tuple[tuple[str, str], ...] = (
    ("clinic_manager", "manager"),
    ("front_desk", "desk"),
    ("practitioner", "nurse"),
    ("practitioner", "doctor"),
)
DEPTHS = {"nurse": (1000, 1500), "doctor": (1500, 2000)}
CREDENTIAL_OF = {"nurse": "registered_nurse", "doctor": "physician"}

GIVEN = (
    "Ada", "Bruno", "Clara", "Dario", "Elif", "Farah", "Gustavo", "Hana", "Ines", "Jonas",
    "Kaya", "Lena", "Mateus", "Noor", "Olga", "Paulo", "Quinn", "Rosa", "Samir", "Tess",
    "Uma", "Vera", "Wanda", "Xenia", "Yara", "Zoe",
)  # fmt: skip
FAMILY = (
    "Almeida", "Barros", "Castro", "Duarte", "Esteves", "Fischer", "Garcia", "Hughes", "Ito",
    "Jansen", "Kowalski", "Lopes", "Marsh", "Novak", "Okafor", "Pereira", "Quist", "Rossi",
    "Silva", "Tanaka", "Ueda", "Vieira", "Walsh", "Xu", "Young", "Ziegler",
)  # fmt: skip

PROFILES = ("steady", "deep", "offline", "worn")  # how the simulated pens behave
