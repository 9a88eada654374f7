"""Appointments of the Soho clinic, and a client's phone with links to them."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.booking.api import links as edge
from shared import clock, links
from shared.links import Link
from shared.pace import Pace
from tests import people

PURPOSES = ("confirm", "move", "cancel")


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    monkeypatch.setattr(edge, "PACE", Pace(10_000))


@pytest.fixture
def booked(desk):
    return desk.booked("10:00", days=7)


@pytest.fixture
def phone(api):
    """A client's phone: nobody is signed in."""
    return api("booking")


@pytest.fixture
def policy(api, franchise):
    def set_(**changes):
        manager = api("booking").as_(people.ALICE)
        path = f"/v1/clinics/{franchise.clinic}/policy"
        answer = manager.patch(path, json=changes, headers={"If-Match": '"0"'})
        assert answer.status_code == 200, answer.json

    return set_


def token(appointment, purpose, **changes):
    facts = {
        "subject": UUID(appointment["id"]),
        "clinic_id": UUID(appointment["clinic_id"]),
        "issue": 0,
        "expires_at": datetime.fromisoformat(appointment["starts_at"]),
    }
    return links.mint(Link(purpose=purpose, **(facts | changes)))


def link(appointment, purpose, **changes):
    return f"/v1/links/{token(appointment, purpose, **changes)}"


def days(franchise, first, last):
    day = clock.now().astimezone(franchise.zone).date()
    return {"from": str(day + timedelta(first)), "to": str(day + timedelta(last))}


def soon(desk, franchise):
    """Book the first time there is: its notice has passed."""
    now = clock.now()
    asked = {"first": "00:00", "days": 0}
    found = [
        each
        for day in (0, 1)
        for each in desk.times(**(asked | {"days": day}))["times"]
        if datetime.fromisoformat(each["starts_at"]) > now + timedelta(minutes=20)
    ]
    body = desk.wanted() | {"starts_at": found[0]["starts_at"]}
    answer = desk.client.post(f"/v1/clinics/{franchise.clinic}/appointments", json=body)
    assert answer.status_code == 201, answer.json
    return answer.json
