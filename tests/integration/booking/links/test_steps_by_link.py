"""What a client does alone by a signed link, over HTTP."""

from datetime import datetime, timedelta

import pytest

from services.booking.domain.links import BY_LINK
from shared import clock, ids
from tests import people
from tests.integration.booking.conftest import problem
from tests.integration.booking.links.conftest import PURPOSES, days, link, soon

POLICY = {"late_cancel_fee": {"percent": 50}, "most_self_moves": 2}

# what is shown


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_link_shows_the_appointment_and_no_names(phone, booked, purpose):
    answer = phone.get(link(booked, purpose))
    assert answer.status_code == 200, answer.json
    shown = answer.json
    assert shown["purpose"] == purpose
    assert shown["clinic_name"] == people.SOHO.name
    assert (shown["starts_at"], shown["time_zone"]) == (booked["starts_at"], "Europe/London")
    assert (shown["status"], shown["may"], shown["why_not"]) == ("booked", True, None)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    hidden = {booked[name] for name in ("client_id", "practitioner_name", "room_name")}
    assert not hidden & set(map(str, shown.values()))


@pytest.mark.parametrize("purpose", PURPOSES)
def test_looking_changes_nothing(phone, desk, booked, purpose):
    for _ in range(3):
        assert phone.get(link(booked, purpose)).status_code == 200
        if purpose == "move":
            times = phone.get(
                link(booked, purpose) + "/times", query_string=days(desk.franchise, 6, 8)
            )
            assert times.status_code == 200
    assert desk.show(booked) == booked


# confirm


def test_a_client_confirms_and_a_second_click_changes_nothing(phone, desk, booked, outbox):
    for _ in range(2):
        answer = phone.post(link(booked, "confirm") + "/confirm")
        assert answer.status_code == 200, answer.json
        assert (answer.json["status"], answer.json["may"]) == ("confirmed", False)
        assert answer.json["why_not"] is None
    assert desk.show(booked)["version"] == 2
    history = desk.client.get(f"/v1/appointments/{booked['id']}/changes").json["items"]
    assert [(each["happened"], each["changed_by"], each["reason"]) for each in history[1:]] == [
        ("confirmed", None, BY_LINK)
    ]
    assert [each["type"] for each in outbox()][1:] == ["booking.appointment_confirmed.v1"]


def test_a_repeat_with_the_same_key_gets_the_same_answer(phone, booked):
    key = {"Idempotency-Key": "one-click"}
    path = link(booked, "cancel") + "/cancel"
    first = phone.post(path, headers=key)
    again = phone.post(path, headers=key)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"


# cancel


def test_a_client_cancels_in_time_for_nothing_and_the_place_is_free(phone, desk, policy):
    policy(**POLICY)
    booked = desk.booked("10:00", days=7)
    shown = phone.get(link(booked, "cancel")).json
    assert shown["late_fee"] is None
    free_until = datetime.fromisoformat(shown["free_until"])
    assert free_until == datetime.fromisoformat(booked["starts_at"]) - timedelta(days=1)
    for _ in range(2):
        answer = phone.post(link(booked, "cancel") + "/cancel")
        assert (answer.status_code, answer.json["status"]) == (200, "cancelled")
    assert desk.show(booked)["version"] == 2
    desk.booked("10:00", days=7)


def test_cancelling_late_says_the_fee_and_wants_it_accepted(phone, desk, franchise, policy):
    policy(**POLICY)
    appointment = soon(desk, franchise)
    fee = {"amount_minor": 9000, "currency": "GBP"}
    assert phone.get(link(appointment, "cancel")).json["late_fee"] == fee
    path = link(appointment, "cancel") + "/cancel"
    for refused in ({}, {"accept_fee": False}):
        answer = phone.post(path, json=refused)
        assert problem(answer) == (422, "fee-to-accept")
        assert answer.json["late_fee"] == fee
    assert desk.show(appointment)["status"] == "booked"
    entries = desk.client.get(f"/v1/appointments/{appointment['id']}/ledger").json["items"]
    assert entries == [], "nobody is charged for asking"
    answer = phone.post(path, json={"accept_fee": True})
    assert (answer.status_code, answer.json["status"]) == (200, "cancelled")
    assert phone.post(path, json={}).json["status"] == "cancelled"
    entries = desk.client.get(f"/v1/appointments/{appointment['id']}/ledger").json["items"]
    assert [(each["kind"], each["amount_minor"]) for each in entries] == [("late_fee", 9000)]


def test_cancelling_late_is_free_where_the_clinic_asks_for_nothing(phone, desk, franchise):
    appointment = soon(desk, franchise)
    answer = phone.post(link(appointment, "cancel") + "/cancel")
    assert (answer.status_code, answer.json["status"]) == (200, "cancelled")


# move


def test_a_client_moves_to_a_listed_time_and_gets_the_new_times_link(phone, desk, booked):
    path = link(booked, "move")
    listed = phone.get(path + "/times", query_string=days(desk.franchise, 7, 8)).json
    assert listed["time_zone"] == "Europe/London"
    starts = [each["starts_at"] for each in listed["times"]]
    assert booked["starts_at"] not in starts
    assert set(listed["times"][0]) == {"starts_at", "ends_at"}
    wanted = starts[len(starts) // 2]
    answer = phone.post(path + "/move", json={"starts_at": wanted})
    assert answer.status_code == 200, answer.json
    assert answer.json["starts_at"] == wanted
    assert answer.json["token"] != path.rsplit("/", 1)[-1]
    again = phone.post(path + "/move", json={"starts_at": wanted})
    assert again.json == answer.json
    moved = desk.show(booked)
    assert (moved["starts_at"], moved["version"], moved["status"]) == (wanted, 2, "booked")
    assert moved["practitioner_id"] == booked["practitioner_id"]
    assert phone.get(f"/v1/links/{answer.json['token']}").status_code == 200


def test_every_listed_time_can_be_had(phone, desk, policy):
    policy(most_self_moves=20)
    path = link(desk.booked("10:00", days=7), "move")
    query = days(desk.franchise, 9, 9)
    listed = phone.get(path + "/times", query_string=query).json["times"]
    for each in listed[::6]:
        answer = phone.post(path + "/move", json={"starts_at": each["starts_at"]})
        assert answer.status_code == 200, answer.json
        path = f"/v1/links/{answer.json['token']}"


def test_a_client_moves_as_often_as_the_clinic_lets_them(phone, desk, franchise, booked):
    path = link(booked, "move")
    for at in ("12:00", "14:00"):
        starts_at = franchise.at(at, 7).isoformat()
        answer = phone.post(path + "/move", json={"starts_at": starts_at})
        assert answer.status_code == 200, answer.json
        path = f"/v1/links/{answer.json['token']}"
    assert (answer.json["may"], "phone the clinic" in answer.json["why_not"]) == (False, True)
    third = phone.post(path + "/move", json={"starts_at": franchise.at("16:00", 7).isoformat()})
    assert problem(third) == (409, "moved-too-often")
    query = days(franchise, 6, 8)
    assert problem(phone.get(path + "/times", query_string=query)) == (409, "moved-too-often")


def test_moving_ends_where_the_notice_begins(phone, desk, franchise):
    appointment = soon(desk, franchise)
    path = link(appointment, "move")
    shown = phone.get(path).json
    assert shown["may"] is False
    assert "phone the clinic" in shown["why_not"]
    answer = phone.post(path + "/move", json={"starts_at": franchise.at("12:00", 7).isoformat()})
    assert problem(answer) == (409, "notice-passed")
    assert desk.show(appointment) == appointment


def test_nobody_moves_away_from_a_fee_to_cancel_for_nothing(phone, desk, franchise, policy):
    policy(**POLICY, move_notice_minutes=0)
    appointment = soon(desk, franchise)
    shown = phone.get(link(appointment, "move")).json
    assert shown["may"] is False
    far = franchise.at("12:00", 60).isoformat()
    answer = phone.post(link(appointment, "move") + "/move", json={"starts_at": far})
    assert problem(answer) == (409, "notice-passed")
    assert phone.get(link(appointment, "cancel")).json["late_fee"] is not None


def test_moving_late_is_free_where_cancelling_late_is(phone, desk, franchise, policy):
    policy(move_notice_minutes=0)
    appointment = soon(desk, franchise)
    answer = phone.post(
        link(appointment, "move") + "/move",
        json={"starts_at": franchise.at("12:00", 60).isoformat()},
    )
    assert answer.status_code == 200, answer.json


@pytest.mark.parametrize("at", ["03:00", "10:07", "17:45"])
def test_a_time_that_cannot_be_had_is_refused_without_saying_why(phone, desk, booked, at):
    starts_at = desk.franchise.at(at, 8).isoformat()
    answer = phone.post(link(booked, "move") + "/move", json={"starts_at": starts_at})
    assert problem(answer) == (409, "time-gone")
    assert "Priya" not in answer.text
    assert "Noor" not in answer.text
    assert desk.show(booked) == booked


def test_a_client_does_not_move_behind_their_own_screening(phone, desk, franchise, booked):
    told = {
        "screening_id": str(ids.new()),
        "client_id": str(franchise.client),
        "clinic_id": str(franchise.clinic),
        "treatment_id": str(franchise.treatment),
        "appointment_id": None,
        "outcome": "refuse",
        "not_before": None,
        "rules": ["CI-01"],
        "decided_at": clock.now().isoformat(),
    }
    franchise.hear("client_records.screening_decided.v1", told, subject=franchise.client)
    listed = phone.get(link(booked, "move") + "/times", query_string=days(franchise, 7, 8))
    assert listed.json["times"] == []
    starts_at = franchise.at("12:00", 7).isoformat()
    answer = phone.post(link(booked, "move") + "/move", json={"starts_at": starts_at})
    assert problem(answer) == (409, "time-gone")
    assert "screening" not in answer.text
