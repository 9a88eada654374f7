"""One treatment's story, told from outside over HTTP and MQTT, from sign-in to the next booking.

Each scene leaves in the story what the next ones need.  Native and compose tell the same one.
"""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.patience import until
from tests.system import needling
from tests.system.needling import DEPTH_UM, ZONE
from tests.system.outside import Person, Platform, Stream

BOOKING, RECORDS = "/api/booking/v1", "/api/client-records/v1"


class Story:
    """The people, the client, and what has happened so far."""

    def __init__(self, platform: Platform, place: int) -> None:
        self.platform = platform
        self.clinic = platform.facts["clinics"][place]
        clinic_id = self.clinic["id"]
        self.device = platform.spare_device(clinic_id)
        self.desk: Person = platform.sign_in("front_desk", clinic_id)
        self.practitioner: Person = platform.sign_in("practitioner", clinic_id)
        self.headquarters: Person = platform.sign_in("hq_admin")
        self.practitioner_id = self.practitioner.get("/api/identity/v1/me")["id"]
        self.mark = uuid.uuid4().hex[:8]
        self.client: dict[str, Any] = {}
        self.treatment: dict[str, Any] = {}
        self.appointment: dict[str, Any] = {}
        self.session: dict[str, Any] = {}

    @property
    def at_clinic(self) -> str:
        return f"{BOOKING}/clinics/{self.clinic['id']}"


def register(story: Story) -> None:
    story.client = story.desk.post(
        f"{RECORDS}/clients",
        {
            "given_name": "Iris",
            "family_name": "Story",
            "birth_date": "1990-05-04",
            "email": f"iris.{story.mark}@story.example",
            "phone": f"+1999{int(story.mark, 16) % 10**7:07}",
            "clinic_id": story.clinic["id"],
        },
    )


def find_a_time(story: Story) -> dict[str, Any]:
    treatments = story.desk.get(f"{story.at_clinic}/treatments")["items"]
    story.treatment = next(each for each in treatments if each["area"] == "face")
    now = datetime.now(UTC)
    listed = story.desk.get(
        f"{story.at_clinic}/availability",
        params={
            "treatment_id": story.treatment["id"],
            "practitioner_id": story.practitioner_id,
            "from": (now + timedelta(minutes=15)).isoformat(),  # a mail's link ends as it begins
            "to": (now + timedelta(days=14)).isoformat(),
        },
    )
    assert listed["time_zone"] == story.clinic["time_zone"]
    assert listed["times"]
    return listed["times"][0]


def wish(story: Story) -> dict[str, Any]:
    """The first time that is listed, as the body of a booking."""
    starts_at = find_a_time(story)["starts_at"]
    return {
        "treatment_id": story.treatment["id"],
        "client_id": story.client["id"],
        "practitioner_id": story.practitioner_id,
        "starts_at": starts_at,
    }


def book_twice_and_get_one(story: Story) -> None:
    wanted = wish(story)
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = story.desk.post(f"{story.at_clinic}/appointments", wanted, headers=key)
    again = story.desk.post(f"{story.at_clinic}/appointments", wanted, headers=key)
    assert again == first
    assert first["status"] == "booked"
    assert first["screening"] == "pending"
    story.appointment = first


def receive_the_confirmation(story: Story) -> None:
    mail = until(
        lambda: story.platform.mails_to(f"iris.{story.mark}@story.example"),
        what="the confirmation mail",
    )[0]
    body = mail.as_string()
    assert story.treatment["name"] not in body, "a mail does not say what is treated"


def confirm_by_the_mails_link(story: Story) -> None:
    """Open the link as a mail scanner does, which changes nothing, and press its button."""
    mail = story.platform.mails_to(f"iris.{story.mark}@story.example")[0]
    plain = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    text = plain.get_payload(decode=True).decode()
    path = re.search(r"\S+(/visit/confirm\.\S+)", text)[1]
    appointment = f"{BOOKING}/appointments/{story.appointment['id']}"
    assert "Will you come?" in requests.get(story.platform.gateway + path, timeout=60).text
    assert story.desk.get(appointment)["status"] == "booked"
    done = requests.post(f"{story.platform.gateway}{path}/confirm", timeout=60)
    assert "You are expected" in done.text
    assert story.desk.get(appointment)["status"] == "confirmed"


def answer_the_screening(story: Story) -> None:
    questions = story.desk.get(f"{RECORDS}/screening-questions")["items"]
    screening = story.desk.post(
        f"{RECORDS}/clients/{story.client['id']}/screenings",
        {
            "appointment_id": story.appointment["id"],
            "treatment_id": story.treatment["id"],
            "answers": {q["id"]: q["clear_answer"] for q in questions if q["only_if"] is None},
        },
    )
    assert screening["outcome"] == "clear", screening["findings"]
    path = f"{BOOKING}/appointments/{story.appointment['id']}"
    until(lambda: story.desk.get(path)["screening"] == "clear", what="booking to hear of it")


def arrive(story: Story) -> None:
    path = f"{BOOKING}/appointments/{story.appointment['id']}/arrive"
    assert story.desk.post(path, expect=200)["status"] == "arrived"


def plan(story: Story) -> dict[str, Any]:
    return {
        "appointment_id": story.appointment["id"],
        "practitioner_id": story.practitioner_id,
        "device_id": story.device["id"],
        "cartridge": {
            "lot": f"LOT-{story.mark}",
            "serial": f"SN-{story.mark}",
            "expires_on": (datetime.now(UTC) + timedelta(days=200)).date().isoformat(),
        },
        "plan": [{"zone": ZONE, "depth_um": DEPTH_UM, "passes": 2}],
    }


def be_refused_without_consent(story: Story) -> None:
    story.practitioner.refused(f"{RECORDS}/sessions", plan(story), "/consent-missing")


def sign_the_consent(story: Story) -> None:
    templates = story.desk.get(f"{RECORDS}/consent-templates")["items"]
    story.desk.post(
        f"{RECORDS}/clients/{story.client['id']}/consents",
        {
            "template_version": next(each["version"] for each in templates if each["current"]),
            "signature": "Iris Story",
            "signed_at": datetime.now(UTC).isoformat(),
            "appointment_id": story.appointment["id"],
        },
    )


def start(story: Story) -> None:
    story.session = story.practitioner.post(f"{RECORDS}/sessions", plan(story))
    assert story.session["state"] == "running"


def complete(story: Story) -> None:
    path = f"{RECORDS}/sessions/{story.session['id']}"
    for step in story.practitioner.get(f"{RECORDS}/protocol-steps")["items"]:
        if step["automatic"] or not step["mandatory"]:
            continue
        evidence = step["example"]
        if step["repeats"]:
            evidence = {**evidence, "zone": ZONE, "depth_um": DEPTH_UM, "passes": 2}
        body = {"step": step["id"], "evidence": evidence}
        story.practitioner.ask("POST", f"{path}/steps", json=body).raise_for_status()
    done = story.practitioner.ask("POST", f"{path}/complete", json={})
    assert done.status_code == 200, done.text
    appointment = f"{BOOKING}/appointments/{story.appointment['id']}"
    until(
        lambda: story.desk.get(appointment)["status"] == "completed",
        what="booking to complete the appointment",
    )


def have_aftercare_planned(story: Story) -> None:
    query = f"?clinic_id={story.clinic['id']}&client_id={story.client['id']}"
    path = f"/api/notification/v1/messages{query}"
    until(
        lambda: [m for m in story.desk.get(path)["items"] if m["kind"] == "aftercare_day_1"],
        what="the aftercare message to be planned",
    )


def be_refused_while_the_skin_recovers(story: Story) -> None:
    problem = story.desk.refused(f"{story.at_clinic}/appointments", wish(story), "/skin-recovering")
    assert problem["status"] in {409, 422}


def tell(platform: Platform, place: int = 0) -> None:
    """Tell the whole story, in the clinic at this place of the list."""
    story = Story(platform, place)
    stream = Stream(story.headquarters, "/live/headquarters")
    try:
        register(story)
        book_twice_and_get_one(story)
        receive_the_confirmation(story)
        confirm_by_the_mails_link(story)
        answer_the_screening(story)
        arrive(story)
        be_refused_without_consent(story)
        sign_the_consent(story)
        start(story)
        needling.needle(story, stream)
        complete(story)
        needling.read_what_was_delivered(story)
        have_aftercare_planned(story)
        be_refused_while_the_skin_recovers(story)
    finally:
        stream.close()
