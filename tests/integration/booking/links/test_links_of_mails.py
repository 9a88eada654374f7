"""The links that notification puts into mails are those that booking believes."""

from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from services.notification.domain.appointments import Appointment
from services.notification.domain.messages import Kind
from services.notification.senders import links


def told(event):
    """Return the appointment as notification keeps it from an event."""
    data = event["data"]
    names = ("version", "status", "time_zone", "practitioner_name", "link_issue")
    return Appointment(
        id=UUID(data["appointment_id"]),
        **{name: UUID(data[name]) for name in ("clinic_id", "client_id", "practitioner_id")},
        **{name: datetime.fromisoformat(data[name]) for name in ("starts_at", "ends_at")},
        **{name: data.get(name, 0) for name in names},
    )


def pages_of(appointment, kind=Kind.CONFIRMATION):
    """Return the last part of each address in a mail, by what it is for."""
    found = links.of(kind, appointment, "https://clinic.example")
    return {name: urlsplit(each).path.rpartition("/")[2] for name, each in found.items()}


@pytest.mark.parametrize("purpose", ["confirm", "move", "cancel", "earlier"])
def test_each_link_of_a_confirmation_opens_its_page(phone, booked, outbox, purpose):
    token = pages_of(told(outbox()[0]))[purpose]
    answer = phone.get(f"/v1/links/{token}")
    assert answer.status_code == 200, answer.json
    assert (answer.json["purpose"], answer.json["may"]) == (purpose, True)


def test_a_client_confirms_by_the_mails_link(phone, desk, booked, outbox):
    token = pages_of(told(outbox()[0]))["confirm"]
    assert phone.post(f"/v1/links/{token}/confirm").status_code == 200
    assert desk.show(booked)["status"] == "confirmed"
    assert "confirm" not in pages_of(told(outbox()[-1]), Kind.REMINDER)


def test_after_a_move_only_the_newer_mails_links_work(phone, desk, booked, outbox):
    desk.move(booked, starts_at=desk.franchise.at("15:00", 8).isoformat())
    old, new = (pages_of(told(event))["confirm"] for event in outbox())
    assert phone.get(f"/v1/links/{old}").status_code == 409
    assert phone.get(f"/v1/links/{new}").status_code == 200


def test_after_withdrawing_the_next_mails_links_work(phone, desk, booked, outbox):
    desk.step(booked, "links/revoke")
    old, new = (pages_of(told(event))["cancel"] for event in outbox())
    assert phone.get(f"/v1/links/{old}").status_code == 409
    assert phone.get(f"/v1/links/{new}").status_code == 200
