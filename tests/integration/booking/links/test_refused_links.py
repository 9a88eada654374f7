"""What a link refuses, what happens when many click at once, and what no log says."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.booking.api import links as edge
from shared import clock, db, ids, links
from shared.pace import Pace
from tests import people
from tests.integration.booking.conftest import problem
from tests.integration.booking.links.conftest import PURPOSES, link, token

# what a link refuses


@pytest.mark.parametrize("purpose", links.PURPOSES)
@pytest.mark.parametrize("verb", PURPOSES)
def test_a_link_does_one_thing(phone, desk, booked, purpose, verb):
    if purpose == verb:
        return
    body = {"starts_at": desk.franchise.at("12:00", 7).isoformat()} if verb == "move" else None
    answer = phone.post(f"{link(booked, purpose)}/{verb}", json=body)
    assert problem(answer) == (404, "link-invalid")
    assert desk.show(booked) == booked


@pytest.mark.parametrize("purpose", ["confirm", "cancel"])
def test_a_link_of_an_old_mail_ends_when_the_appointment_moves(phone, desk, booked, purpose):
    old = link(booked, purpose)
    moved = desk.move(booked, starts_at=desk.franchise.at("15:00", 8).isoformat()).json
    for answer in (phone.get(old), phone.post(f"{old}/{purpose}")):
        assert problem(answer) == (409, "link-used")
        assert "15:00" in answer.json["detail"]
    assert phone.post(f"{link(moved, purpose)}/{purpose}").status_code == 200


def test_a_cancelled_appointment_is_shown_as_such_and_nothing_can_be_done(phone, desk, booked):
    desk.step(booked, "cancel")
    shown = phone.get(link(booked, "confirm")).json
    assert (shown["status"], shown["may"]) == ("cancelled", False)
    assert shown["why_not"] == "This appointment is cancelled. Please phone the clinic."
    assert problem(phone.post(link(booked, "confirm") + "/confirm")) == (409, "link-used")
    same, other = booked["starts_at"], desk.franchise.at("12:00", 7).isoformat()
    for starts_at in (same, other):
        answer = phone.post(link(booked, "move") + "/move", json={"starts_at": starts_at})
        assert problem(answer) == (409, "link-used")


def test_who_has_arrived_needs_no_link(phone, desk, booked):
    desk.step(booked, "arrive")
    for purpose in ("confirm", "cancel"):
        answer = phone.post(f"{link(booked, purpose)}/{purpose}")
        assert problem(answer) == (409, "link-used")


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_link_ends_when_the_appointment_begins(phone, booked, purpose):
    over = clock.now() - timedelta(seconds=1)
    path = link(booked, purpose, expires_at=over)
    assert problem(phone.get(path)) == (409, "link-expired")
    assert problem(phone.post(f"{path}/{purpose}", json={})) == (409, "link-expired")


@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_desk_ends_every_link_of_an_appointment(phone, desk, booked, outbox, purpose):
    revoked = desk.step(booked, "links/revoke", json={"reason": "Sent to the wrong person."})
    assert (revoked.status_code, revoked.json["version"]) == (200, 2)
    assert problem(phone.get(link(booked, purpose))) == (409, "link-expired")
    answer = phone.post(f"{link(booked, purpose)}/{purpose}", json={})
    assert problem(answer) in {(409, "link-expired"), (422, "invalid")}
    assert desk.show(booked)["status"] == "booked"
    told = outbox()[-1]
    assert told["type"] == "booking.appointment_changed.v1"
    assert (told["data"]["link_issue"], told["data"]["changed"]) == (1, ["link_issue"])
    assert phone.get(link(booked, purpose, issue=1)).status_code == 200


def test_another_clinics_desk_cannot_end_a_link(api, booked):
    answer = (
        api("booking").as_(people.CHARLIE).post(f"/v1/appointments/{booked['id']}/links/revoke")
    )
    assert answer.status_code == 404


def test_a_link_reaches_its_own_clinic_only(phone, booked):
    answer = phone.get(link(booked, "confirm", clinic_id=people.LISBON.id))
    assert problem(answer) == (404, "link-invalid")


def test_a_link_of_nothing_is_refused(phone, booked):
    answer = phone.get(link(booked, "confirm", subject=ids.new()))
    assert problem(answer) == (404, "link-invalid")


HOSTILE = {
    "short": "x",
    "empty": "confirm.",
    "huge": "A" * 8000,
    "NUL": "%00",
    "surrogate": "%ED%A0%80",
    "unicode": "confirm.%C3%A9.%F0%9F%92%89",
    "dots": "..",
    "escaped dots": "%2e%2e",
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_link_is_not_found_and_asks_nothing_of_the_database(phone, monkeypatch, hostile):
    assert phone.app
    monkeypatch.setattr(db, "transaction", None)
    for method, rest in (("GET", ""), ("POST", "/confirm"), ("GET", "/times?from=2030-01-07")):
        answer = phone.open(method, f"/v1/links/{hostile}{rest}", headers={"Idempotency-Key": "k"})
        assert answer.status_code == 404, answer.text


def test_asking_without_end_is_slowed_down(phone, booked, monkeypatch):
    monkeypatch.setattr(edge, "PACE", Pace(3))
    statuses = [phone.get(link(booked, "confirm")).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]


# at once


def test_two_devices_at_once_move_and_cancel_and_one_of_them_wins(phone, desk, franchise):
    assert phone.app
    for number in range(12):
        appointment = desk.booked("10:00", days=7)
        gate = threading.Barrier(2)
        target = franchise.at(("12:00", "13:00", "14:00")[number % 3], 7).isoformat()

        def move(appointment=appointment, gate=gate, target=target):
            gate.wait()
            return phone.post(link(appointment, "move") + "/move", json={"starts_at": target})

        def cancel(appointment=appointment, gate=gate):
            gate.wait()
            return phone.post(link(appointment, "cancel") + "/cancel")

        with ThreadPoolExecutor(2) as both:
            answers = [each.result() for each in (both.submit(move), both.submit(cancel))]
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        loser = next(answer for answer in answers if answer.status_code == 409)
        assert problem(loser) == (409, "link-used")
        now_is = desk.show(appointment)
        assert now_is["version"] == 2
        assert (now_is["status"] == "cancelled") == (answers[1].status_code == 200)
        if now_is["status"] != "cancelled":
            desk.step(now_is, "cancel")


def test_one_link_clicked_by_many_at_once_confirms_once(phone, desk, booked, outbox):
    assert phone.app
    gate = threading.Barrier(6)

    def click(_):
        gate.wait()
        return phone.post(link(booked, "confirm") + "/confirm").status_code

    with ThreadPoolExecutor(6) as devices:
        assert set(devices.map(click, range(6))) == {200}
    assert desk.show(booked)["version"] == 2
    assert len(outbox()) == 2


# what stays hidden


def test_no_log_line_holds_a_link(phone, desk, booked, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    asked = [token(booked, purpose) for purpose in PURPOSES]
    phone.get(f"/v1/links/{asked[0]}")
    phone.post(f"/v1/links/{asked[0]}/confirm")
    phone.post(f"/v1/links/{asked[1]}/move", json={"starts_at": "2020-01-01T00:00:00Z"})
    phone.post(f"/v1/links/{asked[2]}/cancel", json={"accept_fee": "no"})
    phone.get(f"/v1/links/{asked[2]}x")
    out, err = capfd.readouterr()
    written = out + err + caplog.text
    assert "/v1/links/<string:token>" in written
    for secret in asked:
        assert secret not in written
        assert secret.split(".")[-1] not in written
