"""A small franchise with a day ahead of it, made through the services' own doors."""

import json
import time
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import requests

from services.booking.timer import WAITING_LIST
from services.booking.usecases import disruptions
from services.device_telemetry.usecases.lanes import APPLY
from services.device_telemetry.usecases.set_aside import Message
from shared import clock, db, ids, outbox
from shared.schemas.base import moment_text
from tests.browser import wishes
from tests.patience import until

TOKEN_S = 300
LONGEST_RUN = timedelta(minutes=45)
PHRASE = "needles are sharp things"
ZONES = (
    "Europe/London",
    "Europe/Berlin",
    "Europe/Athens",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Honolulu",
    "America/Los_Angeles",
    "America/Denver",
    "America/New_York",
    "America/Sao_Paulo",
    "Atlantic/Azores",
)
CLIENTS = (
    ("Ada", "Lovelace"),
    ("Grace", "Hopper"),
    ("Rosalind", "Franklin"),
    ("Chien-Shiung", "Wu"),
    ("Emmy", "Noether"),
    ("Lise", "Meitner"),
)


def morning_zone(now):
    """Return a zone in which it is morning, so that a day lies ahead whenever the tests run."""
    return min(ZONES, key=lambda name: abs(now.astimezone(ZoneInfo(name)).hour - 7))


class Franchise:
    """What the tests know of it: clinics, accounts and appointments by name."""

    def __init__(self, house):
        self.house = house
        self.now = clock.now()
        self.zone = morning_zone(self.now)
        self.tokens = {}
        self.clinics = {}
        self.appointments = {}
        self.devices = {}

    def found(self):
        """Open two clinics and fill a morning."""
        self._account("hanna@needlepoint.example", "Hanna Weber", "hq_admin")
        self._account("ana@needlepoint.example", "Ana Sousa", "hq_analyst")
        for name, zone in (("Soho", self.zone), ("Lisbon Chiado", "Europe/Lisbon")):
            self.clinics[name] = self.call(
                "booking", "POST", "/v1/clinics", wishes.clinic(name, zone)
            )["id"]
        self._account("bob@needlepoint.example", "Bob Osei", "front_desk", "Soho")
        self._account(
            "alice@needlepoint.example", "Alice Ward", "clinic_manager", "Soho", "Lisbon Chiado"
        )
        self._fill("Soho")
        return self

    def call(
        self,
        service,
        method,
        path,
        body=None,
        *,
        who="hanna@needlepoint.example",
        status=None,
        headers=None,
    ):
        url = self.house.url(f"{service}-api") + path
        headers = {"Authorization": f"Bearer {self._token(who)}", **(headers or {})}
        answer = requests.request(method, url, json=body, headers=headers, timeout=60)
        assert answer.status_code == status if status else answer.ok, answer.text
        return answer.json()

    def until(self, question, what, patience_s=90):
        return until(question, what=what, patience_s=patience_s)

    @contextmanager
    def within(self, service):
        """A transaction of a service; what it emits goes through relay and broker."""
        db.open_pool(self.house.dsn(service), connections=1)
        try:
            with db.transaction(db.EVERY_CLINIC) as tx:
                yield tx
        finally:
            db.close_pool()

    def telemetry(self):
        return self.within("device_telemetry")

    def change_device(self, name, clinic, status="idle", reasons=()):
        device_id = self.devices.setdefault(name, ids.new())
        clinic_id = self.clinics[clinic]
        data = {
            "device_id": device_id,
            "clinic_id": clinic_id,
            "model": "dermapen-4",
            "name": name,
            "status": status,
            "fit": not reasons,
            "reasons": list(reasons),
            "changed_at": clock.now(),
        }
        with self.telemetry() as tx:
            outbox.emit(
                tx,
                "device_telemetry.device_changed.v1",
                subject=device_id,
                data=data,
                clinic_id=clinic_id,
            )

    def raise_alarm(self, clinic, device, kind="depth_over_limit", **changes):
        alarm_id = ids.new()
        clinic_id = self.clinics[clinic]
        data = {
            "alarm_id": alarm_id,
            "clinic_id": clinic_id,
            "device_id": self.devices[device],
            "session_id": ids.new(),
            "kind": kind,
            "severity": "hard",
            "zone": 8,
            "value": 1620,
            "limit": 1500,
            "raised_at": clock.now(),
            "cleared_at": None,
            "device_name": device,
        } | changes
        with self.telemetry() as tx:
            outbox.emit(
                tx,
                "device_telemetry.alarm_raised.v1",
                subject=alarm_id,
                data=data,
                clinic_id=clinic_id,
            )
        return alarm_id

    def register(self, clinic, name, **facts):
        """Register a device at device telemetry itself, as soon as it knows the clinic."""
        body = {
            "clinic_id": self.clinics[clinic],
            "name": name,
            "model": "dermapen-4",
            "serial": f"4MD-{len(self.devices) + 1:05}",
            "calibrated_on": "2026-01-05",
            "calibration_due_on": "2199-01-05",
            "tolerance_um": 100,
        } | facts
        path = "/v1/devices"

        def made():
            url = self.house.url("device-telemetry-api") + path
            headers = {"Authorization": f"Bearer {self._token('hanna@needlepoint.example')}"}
            answer = requests.post(url, json=body, headers=headers, timeout=60)
            known = not answer.json().get("type", "").endswith("/clinic-unknown")
            assert answer.ok or not known, answer.text
            return answer.json() if known else None

        device = self.until(made, "the clinic at device telemetry")
        self.devices[name] = UUID(device["id"])
        return device

    def hear(self, clinic, name, lane, **said):
        """Let device telemetry hear a device, as its listening process does."""
        topic = f"pens.{self.clinics[clinic]}.{self.devices[name]}.{lane}"
        body = json.dumps({"v": 1, "at": moment_text(clock.now()), **said}).encode()
        with self.telemetry() as tx:
            APPLY[lane](tx, [Message(topic, body)], clock.now())

    def register_fleet(self):
        """Register four devices of Lisbon: a good one on line, one alarmed, one unfit, one new."""
        if "Fleet 1" in self.devices:
            return
        place = "Lisbon Chiado"
        self.register(place, "Fleet 1", serviced_on="2026-01-05", service_due_on="2199-01-05")
        self.register(place, "Fleet 2")
        overdue = {"calibrated_on": "2025-01-05", "calibration_due_on": "2026-01-05"}
        self.register(place, "Fleet 3", model="pen-platinum", **overdue)
        soon = (clock.now() + timedelta(days=9)).date()
        self.register(place, "Fleet 4", calibration_due_on=str(soon))
        for name, permille in (("Fleet 1", 870), ("Fleet 2", 210)):
            status = {"online": True, "battery_permille": permille, "firmware": "4.2.1"}
            self.hear(place, name, "status", **status)
        self.hear(place, "Fleet 2", "events", boot_id=1, seq=1, event="fault", code="E7")
        path, wanted = "/v1/clinics", self.clinics[place]

        def counted():
            rows = self.call("headquarters", "GET", path)["items"]
            row = next((each for each in rows if each["clinic_id"] == wanted), None)
            return row and row["devices_total"] >= 4 and row["alarms_open"]

        self.until(counted, "the devices at headquarters")

    def book(self, client, starts_at, clinic="Soho"):
        path = f"/v1/clinics/{self.clinics[clinic]}/appointments"
        body = {
            "client_id": self.clients[client],
            "treatment_id": self.treatment["id"],
            "starts_at": starts_at.isoformat(),
        }
        made = self.call("booking", "POST", path, body, who="bob@needlepoint.example")
        self.appointments[client] = made["id"]
        return made

    def book_new(self, given, family, hours):
        """Register a client and book: nobody else's skin is recovering."""
        self.clients[given] = self._client(given, family, self.clinics["Soho"])
        return self.book(given, self.quarter(hours))

    def step(self, client, verb):
        path = f"/v1/appointments/{self.appointments[client]}/{verb}"
        return self.call("booking", "POST", path, {}, who="bob@needlepoint.example")

    def pause_a_course_of(self, given, family, hours):
        """Book two sessions for somebody new, and let the practitioner stop them."""
        self.clients[given] = self._client(given, family, self.clinics["Soho"])
        wanted = {
            "client_id": self.clients[given],
            "treatment_id": self.treatment["id"],
            "sessions": 2,
            "first_starts_at": self.quarter(hours).isoformat(),
        }
        path = f"/v1/clinics/{self.clinics['Soho']}/courses"
        made = self.call("booking", "POST", path, wanted, who="bob@needlepoint.example")
        self.call(
            "booking",
            "PATCH",
            f"/v1/courses/{made['id']}",
            {"status": "paused", "reason": "Skin must calm down first."},
            who="priya@needlepoint.example",
            headers={"If-Match": f'"{made["version"]}"'},
        )
        self._turn_of_the_timer()

    def let_pass(self, client):
        """Let an appointment have begun ten minutes ago: no process's clock can be turned."""
        moved = """UPDATE booking.appointments
            SET starts_at = %(at)s, ends_at = %(at)s + (ends_at - starts_at)
            WHERE id = %(id)s::uuid"""
        at = clock.now() - timedelta(minutes=10)
        self._turn_of_the_timer(
            lambda tx, _: tx.run(moved, {"at": at, "id": self.appointments[client]})
        )

    def break_pen_of(self, client):
        """Let the pen of a client's appointment be unfit, and booking's timer find it."""
        self._pen_of(client, reasons=("calibration_due",), expected=["device_unfit"])

    def mend_pen_of(self, client):
        self._pen_of(client, reasons=(), expected=[])

    def _pen_of(self, client, reasons, expected):
        path = f"/v1/appointments/{self.appointments[client]}"
        pen = self.call("booking", "GET", path, who="bob@needlepoint.example")["device_id"]
        # booking may have chosen a pen that another test registered in Soho
        name = next((name for name, device in self.devices.items() if str(device) == pen), None)
        if name is None:
            name = self.call("device-telemetry", "GET", f"/v1/devices/{pen}")["name"]
            self.devices[name] = UUID(pen)
        self.change_device(name, "Soho", reasons=reasons)

        def found():
            self._turn_of_the_timer()
            shown = self.call("booking", "GET", path, who="bob@needlepoint.example")
            return shown["disrupted"] == expected

        self.until(found, "the appointment's mark")

    def offer_a_place_to(self, given, family, hours):
        """Let somebody wait for a place of that time that becomes free; return the offer."""
        taken = self.book_new(f"{given}before", family, hours)
        self.clients[given] = self._client(given, family, self.clinics["Soho"])
        starts = datetime.fromisoformat(taken["starts_at"]).astimezone(ZoneInfo(self.zone))
        wish = {
            "client_id": self.clients[given],
            "treatment_id": self.treatment["id"],
            "practitioner_id": taken["practitioner_id"],
            "earliest_time": f"{starts:%H:%M}",
            "latest_time": f"{starts:%H:%M}",
            "from_day": starts.date().isoformat(),
            "until_day": starts.date().isoformat(),
        }
        path = f"/v1/clinics/{self.clinics['Soho']}/waiting-list"
        entry = self.call("booking", "POST", path, wish, who="bob@needlepoint.example")
        self.step(f"{given}before", "cancel")
        # nobody is asked at night: let the timer think that it is ten o'clock of the next day
        tomorrow = self.now.astimezone(ZoneInfo(self.zone)) + timedelta(days=1)
        ten = tomorrow.replace(hour=10, minute=0)

        def offered():
            self._turn_of_the_timer(*WAITING_LIST.values(), now=ten)
            path = f"/v1/waiting-list/{entry['id']}/offers"
            return self.call("booking", "GET", path, who="bob@needlepoint.example")["items"]

        return self.until(offered, "the offer")[0]

    def _turn_of_the_timer(self, *jobs, now=None):
        for job in jobs or (disruptions.look,):
            with self.within("booking") as tx:
                job(tx, now or clock.now())

    def quarter(self, hours):
        """Return a full quarter that is so many hours ahead when the last test is over."""
        at = self.now + LONGEST_RUN + timedelta(hours=hours)
        return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)

    def _fill(self, clinic):
        clinic_id = self.clinics[clinic]
        for name in ("Pen 1", "Pen 2"):
            self.change_device(name, clinic)
        for number in (1, 2, 3, 4):  # so many that practitioners alone decide what is free
            room = {"name": f"Room {number}", "turnover_minutes": 10}
            self.call("booking", "POST", f"/v1/clinics/{clinic_id}/rooms", room)
        for name in ("Priya Nair", "Tom Reid"):
            email = f"{name.split()[0].lower()}@needlepoint.example"
            staff_id = self._account(email, name, "practitioner", clinic)
            self.call(
                "booking",
                "POST",
                f"/v1/clinics/{clinic_id}/practitioners",
                wishes.practitioner(name, staff_id),
            )
        path = f"/v1/clinics/{clinic_id}/treatments"
        self.treatment = self.call("booking", "POST", path, wishes.treatment())
        self.clients = {given: self._client(given, family, clinic_id) for given, family in CLIENTS}
        devices = f"/v1/clinics/{clinic_id}/devices"
        self.until(
            lambda: len(self.call("booking", "GET", devices)["items"]) == 2, "the pens at booking"
        )
        for place, (given, _) in enumerate(CLIENTS):
            self.book(given, self.quarter(place * 1.25))
        self.step("Grace", "confirm")
        self.step("Rosalind", "cancel")

    def _account(self, email, name, role, *clinics):
        words = [word for clinic in clinics for word in ("--clinic", self.clinics[clinic])]
        told = ("--email", email, "--name", name, "--role", role, *words)
        return self.house.command(
            "services.identity.create_staff", *told, service="identity", told=f"{PHRASE}\n"
        )

    def _token(self, email):
        token, made_at = self.tokens.get(email, ("", 0.0))
        if time.monotonic() - made_at > TOKEN_S or not token:
            url = self.house.url("identity-api") + "/v1/tokens"
            answer = requests.post(url, json={"email": email, "password": PHRASE}, timeout=60)
            token = answer.json()["access_token"]
            self.tokens[email] = token, time.monotonic()
        return token

    def _client(self, given, family, clinic_id):
        body = {
            "given_name": given,
            "family_name": family,
            "birth_date": "1990-01-07",
            "clinic_id": clinic_id,
            "email": f"{given.lower().replace('ł', 'l')}@example.org",
            "phone": None,
        }
        return self.call(
            "client-records", "POST", "/v1/clients", body, who="bob@needlepoint.example"
        )["id"]
