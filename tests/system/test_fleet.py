"""A device that may not be used is offered to nobody until it may, wherever it is."""

import uuid
from datetime import UTC, datetime, timedelta

from tests.patience import until

BOOKING, RECORDS, TELEMETRY = (
    f"/api/{service}/v1" for service in ("booking", "client-records", "device-telemetry")
)
MODEL = "skinpen-precision"  # no other pen of the demo is one
PATIENCE_S = 120
TAKEN_FROM = (
    "indication",
    "interval_days",
    "duration_minutes",
    "area",
    "depth_um",
    "credentials",
    "room_kind",
)


class Place:
    """A clinic where one treatment asks for the one device of its model."""

    def __init__(self, platform):
        self.clinic, self.other = platform.facts["clinics"][:2]
        self.headquarters = platform.sign_in("hq_admin")
        self.desk = platform.sign_in("front_desk", self.clinic["id"])
        self.path = f"{BOOKING}/clinics/{self.clinic['id']}"
        self.mark = uuid.uuid4().hex[:8]
        self.treatment = self._treatment()
        self.device = self._device()

    def _treatment(self):
        rows = self.desk.get(f"{self.path}/treatments")["items"]
        like = next(each for each in rows if each["area"] == "face" and each["needs_device"])
        return self.headquarters.post(
            f"{self.path}/treatments",
            {name: like[name] for name in TAKEN_FROM}
            | {"name": f"Only with one pen {self.mark}", "device_models": [MODEL]},
        )

    def _device(self):
        return self.headquarters.post(
            f"{TELEMETRY}/devices",
            {
                "clinic_id": self.clinic["id"],
                "name": f"Pen {self.mark}",
                "model": MODEL,
                "serial": self.mark,
                "calibrated_on": "2026-01-05",
                "calibration_due_on": "2199-01-05",
                "tolerance_um": 100,
            },
        )

    def serviced(self, on, due):
        """Note a service; return the device's reasons against use."""
        path, body = (
            f"{TELEMETRY}/devices/{self.device['id']}/services",
            {"serviced_on": on, "due_on": due},
        )
        return self.headquarters.post(path, body, expect=200)["reasons"]

    def times(self):
        """Return the times that are offered, and the reasons for those that are not."""
        now = datetime.now(UTC)
        told = self.desk.get(
            f"{self.path}/availability",
            params={
                "treatment_id": self.treatment["id"],
                "from": (now + timedelta(days=2)).isoformat(),
                "to": (now + timedelta(days=9)).isoformat(),
                "explain": "true",
            },
        )
        return told["times"], {reason for each in told["refused"] for reason in each["reasons"]}

    def offered(self):
        return self.times()[0]

    def withdrawn_for(self, reason):
        times, reasons = self.times()
        return not times and reason in reasons

    def book(self, starts_at):
        client = self.desk.post(
            f"{RECORDS}/clients",
            {
                "given_name": "Vera",
                "family_name": "Rubin",
                "birth_date": "1990-05-04",
                "email": f"vera.{self.mark}@story.example",
                "phone": None,
                "clinic_id": self.clinic["id"],
            },
        )
        wanted = {"treatment_id": self.treatment["id"], "client_id": client["id"]}
        return self.desk.post(f"{self.path}/appointments", {**wanted, "starts_at": starts_at})

    def has_become(self, booked, kinds):
        """Wait until the appointment says that of itself."""
        path = f"{BOOKING}/appointments/{booked['id']}"
        return until(
            lambda: self.desk.get(path)["disrupted"] == kinds,
            what=f"an appointment with {kinds}",
            patience_s=PATIENCE_S,
        )


def test_an_unfit_devices_times_are_withdrawn_and_come_back(platform):
    place = Place(platform)
    times = until(place.offered, what="times with the new pen", patience_s=PATIENCE_S)
    booked = place.book(times[0]["starts_at"])
    assert booked["device_id"] == place.device["id"]

    assert place.serviced("2025-01-05", "2025-06-05") == ["service_due"]
    until(
        lambda: place.withdrawn_for("device_unfit"), what="no time with it", patience_s=PATIENCE_S
    )
    place.has_become(booked, ["device_unfit"])

    assert place.serviced("2026-01-05", "2199-01-05") == []
    until(place.offered, what="the times again", patience_s=PATIENCE_S)
    place.has_become(booked, [])

    seen = place.headquarters.ask("GET", f"{TELEMETRY}/devices/{place.device['id']}", 200)
    moved = place.headquarters.post(
        f"{TELEMETRY}/devices/{place.device['id']}/move",
        {"clinic_id": place.other["id"]},
        expect=200,
        headers={"If-Match": seen.headers["ETag"]},
    )
    assert moved["time_zone"] == place.other["time_zone"]
    until(lambda: not place.offered(), what="no time without it", patience_s=PATIENCE_S)
    place.has_become(booked, ["device_gone"])
    elsewhere = f"{BOOKING}/clinics/{place.other['id']}/devices"
    until(
        lambda: (
            place.device["id"]
            in {each["id"] for each in place.headquarters.get(elsewhere)["items"]}
        ),
        what="the pen at the other clinic",
        patience_s=PATIENCE_S,
    )
    place.headquarters.post(f"{TELEMETRY}/devices/{place.device['id']}/retire", expect=200)
