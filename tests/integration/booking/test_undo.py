"""A wrong step is undone on its day: the place is taken again, the charge is taken back."""

from functools import partial

import pytest

from services.booking.domain.changes import Change
from services.booking.domain.policies import CLINIC
from services.booking.usecases import appointments
from services.booking.usecases.appointments import Wanted
from shared import clock, db, ids
from shared.errors import Conflict
from tests import people
from tests.integration.booking.charges import balance, charging, enter, step, waive
from tests.integration.booking.conftest import problem
from tests.integration.booking.races import together


def test_an_arrival_by_mistake_is_undone(desk, franchise, outbox):
    booked = desk.booked()
    desk.step(booked, "confirm")
    arrived = desk.step(booked, "arrive").json
    back = desk.step(booked, "undo", json={"reason": "Somebody else"})
    assert (back.status_code, back.json["status"]) == (200, "confirmed")
    assert back.json["version"] == arrived["version"] + 1
    assert outbox()[-1]["type"] == "booking.appointment_changed.v1"
    assert outbox()[-1]["data"]["changed"] == ["status"]
    history = desk.client.get(f"/v1/appointments/{booked['id']}/changes").json["items"]
    assert history[-1]["reason"] == "Somebody else"
    assert desk.step(booked, "undo").json["status"] == "booked"
    assert problem(desk.step(booked, "undo")) == (409, "wrong-state")


def test_a_cancellation_undone_takes_its_place_and_its_fee_back(desk, franchise, api):
    charging(franchise, cancel_notice_minutes=43_200, deposit={"percent": 10})
    booked = desk.booked(practitioner_id=franchise.priya)
    desk.step(booked, "cancel")
    waive(api("booking").as_(people.ALICE), booked, 500)
    back = desk.step(booked, "undo")
    assert (back.status_code, back.json["status"]) == (200, "booked")
    for place in ("practitioner_id", "room_id", "device_id", "starts_at"):
        assert back.json[place] == booked[place]
    assert balance(desk.client, booked) == [1800]
    taken = desk.book(practitioner_id=franchise.priya, client_id=franchise.other)
    assert problem(taken) == (409, "practitioner-busy")
    desk.step(booked, "cancel")
    assert balance(desk.client, booked) == [9000]


def test_a_miss_is_undone_on_its_day_only(desk, franchise):
    charging(franchise)
    booked = desk.booked()
    missed_at = franchise.at("10:20")
    step(franchise, booked, "miss", now=missed_at)
    with pytest.raises(Conflict, match="Only what was done today"):
        step(franchise, booked, "undo", now=franchise.at("00:00", 8))
    back = step(franchise, booked, "undo", now=franchise.at("23:59"))
    assert back["status"] == "booked"
    assert balance(desk.client, booked) == [0]
    step(franchise, booked, "arrive", now=franchise.at("23:59"))


def test_a_miss_is_not_undone_where_others_took_the_place(desk, franchise):
    booked = desk.booked(practitioner_id=franchise.priya)
    step(franchise, booked, "miss", now=franchise.at("10:20"))
    desk.booked("10:30", practitioner_id=franchise.priya, client_id=franchise.other)
    with pytest.raises(Conflict, match="Priya is busy"):
        step(franchise, booked, "undo", now=franchise.at("10:25"))
    assert desk.show(booked)["status"] == "missed"


def test_a_completed_visit_and_a_new_one_cannot_be_undone(desk, franchise):
    booked = desk.booked()
    assert problem(desk.step(booked, "undo")) == (409, "wrong-state")
    desk.step(booked, "arrive")
    desk.step(booked, "complete")
    assert problem(desk.step(booked, "undo")) == (409, "wrong-state")


def test_an_erased_clients_cancellation_is_not_undone(desk, franchise):
    booked = desk.booked()
    told = {"client_id": str(franchise.client), "clinic_id": str(franchise.clinic)}
    franchise.hear("client_records.client_erased.v1", told, subject=franchise.client)
    assert problem(desk.step(booked, "undo")) == (404, "client-unknown")


def test_an_undo_and_a_booking_of_the_place_have_one_winner(desk, franchise):
    for _ in range(15):
        booked = desk.booked(practitioner_id=franchise.priya)
        desk.step(booked, "cancel")
        wanted = Wanted(
            id=ids.new(),
            clinic_id=franchise.clinic,
            client_id=franchise.a_client(),
            treatment_id=franchise.treatment,
            starts_at=franchise.at(),
            practitioner_id=franchise.priya,
        )

        def book(wanted=wanted):
            with db.transaction(db.Scope.of([franchise.clinic])) as tx:
                return appointments.book(tx, wanted, Change(None, clock.now()))

        outcomes = together([partial(step, franchise, booked, "undo"), book], Conflict)
        assert outcomes.count("PractitionerBusy") == 1, outcomes
        won = next(each for each in outcomes if isinstance(each, dict))
        step(franchise, {"id": str(won["id"])}, "cancel", wished_by=CLINIC)


def test_a_paid_deposit_is_kept_once_however_often_the_visit_is_cancelled(desk, franchise):
    charging(franchise, cancel_notice_minutes=43_200, deposit={"percent": 50})
    booked = desk.booked()
    assert enter(desk.client, booked, "deposit_paid", 9000).status_code == 201
    for _ in range(2):
        assert desk.step(booked, "cancel").status_code == 200
        assert balance(desk.client, booked) == [0]
        assert desk.step(booked, "undo").status_code == 200
        assert balance(desk.client, booked) == [0]
    assert desk.step(booked, "cancel", json={"by": "clinic"}).status_code == 200
    assert balance(desk.client, booked) == [-9000]
