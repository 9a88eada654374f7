"""A hold keeps its place for ten minutes, and not a moment longer."""

from datetime import timedelta

from services.booking.usecases import clinics, holds
from shared import clock, db
from tests import people
from tests.integration.booking.conftest import problem


def held(desk, at="10:00", days=7, **changes):
    wanted = desk.wanted(at, days, **changes)
    wanted.pop("client_id")
    answer = desk.client.post(f"/v1/clinics/{desk.franchise.clinic}/holds", json=wanted)
    assert answer.status_code == 201, answer.json
    return answer.json


def run_out(hold):
    with db.transaction(db.EVERY_CLINIC) as tx:
        past = {"id": hold["id"], "past": clock.now() - timedelta(seconds=1)}
        for table, key in (("appointments", "id"), ("allocations", "appointment_id")):
            tx.run(f"UPDATE booking.{table} SET expires_at = %(past)s WHERE {key} = %(id)s", past)


def test_held_place_is_not_given_to_others(desk, franchise):
    held(desk, practitioner_id=franchise.priya)
    refused = desk.book(practitioner_id=franchise.priya)
    assert problem(refused) == (409, "practitioner-busy")


def test_hold_becomes_the_appointment(desk, franchise, outbox):
    hold = held(desk, practitioner_id=franchise.priya)
    assert outbox() == []
    booked = desk.booked(hold_id=hold["id"])
    assert booked["id"] == hold["id"]
    assert booked["practitioner_id"] == hold["practitioner_id"]
    assert booked["room_id"] == hold["room_id"]
    assert [event["type"] for event in outbox()] == ["booking.appointment_booked.v1"]
    assert problem(desk.book(hold_id=hold["id"])) == (409, "hold-lapsed")


def test_hold_keeps_its_place_when_the_notice_runs_out_meanwhile(desk, franchise):
    held_earlier = held(desk, practitioner_id=franchise.priya)
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run("UPDATE booking.appointments SET expires_at = expires_at - interval '5 minutes'")
        left = franchise.at() - clock.now()
        lead = left // timedelta(minutes=1) + 2
        clinics.change(tx, clinics.find(tx, franchise.clinic, lock=True), {"lead_minutes": lead})
    assert problem(desk.book(practitioner_id=franchise.noor)) == (422, "too-soon")
    assert desk.booked(hold_id=held_earlier["id"])["status"] == "booked"


def test_hold_is_for_what_it_was_made_for(desk, franchise):
    hold = held(desk)
    assert problem(desk.book("11:00", hold_id=hold["id"])) == (422, "hold-differs")


def test_hold_that_ran_out_gives_way_before_the_timer_comes_round(desk, franchise):
    hold = held(desk, practitioner_id=franchise.priya)
    run_out(hold)
    assert problem(desk.book(hold_id=hold["id"])) == (409, "hold-lapsed")
    desk.booked(practitioner_id=franchise.priya)


def test_timer_lapses_what_ran_out_and_nothing_else(desk, franchise, outbox):
    lapsing, standing = held(desk), held(desk, "12:00")
    run_out(lapsing)
    with db.transaction(db.EVERY_CLINIC) as tx:
        assert holds.lapse(tx, clock.now()) is False
    assert desk.show(lapsing)["status"] == "lapsed"
    assert desk.show(standing)["status"] == "held"
    assert outbox() == []


def test_holds_are_no_appointments_on_the_list(desk, franchise):
    held(desk)
    query = {"from": franchise.at("00:00").isoformat(), "to": franchise.at("23:00").isoformat()}
    path = f"/v1/clinics/{franchise.clinic}/appointments"
    assert desk.client.get(path, query_string=query).json["items"] == []
    shown = desk.client.get(path, query_string=query | {"status": "held"}).json["items"]
    assert len(shown) == 1


def released(desk, hold):
    return desk.client.delete(f"/v1/clinics/{desk.franchise.clinic}/holds/{hold['id']}")


def test_hold_that_is_given_back_frees_its_place_at_once(desk, franchise, outbox):
    hold = held(desk, practitioner_id=franchise.priya)
    assert released(desk, hold).status_code == 204
    assert desk.show(hold)["status"] == "lapsed"
    assert released(desk, hold).status_code == 204
    assert outbox() == []
    assert problem(desk.book(hold_id=hold["id"])) == (409, "hold-lapsed")
    desk.booked(practitioner_id=franchise.priya)


def test_hold_that_was_booked_is_not_given_back(desk):
    hold = held(desk)
    desk.booked(hold_id=hold["id"])
    refused = released(desk, hold)
    assert problem(refused) == (409, "wrong-state")
    assert refused.json["state"] == "booked"


def test_another_clinics_hold_is_not_given_back(desk, franchise, api):
    hold = held(desk)
    charlie = api("booking").as_(people.CHARLIE)
    for clinic in (franchise.clinic, franchise.lisbon):
        refused = charlie.delete(f"/v1/clinics/{clinic}/holds/{hold['id']}")
        assert refused.status_code == 404
    assert desk.show(hold)["status"] == "held"
