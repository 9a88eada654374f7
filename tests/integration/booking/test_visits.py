"""People at the desk: walk-ins, notes, another practitioner, another pen than was booked."""

from datetime import timedelta

import pytest

from services.booking.domain.changes import Change
from services.booking.usecases import clinics, walk_ins
from services.booking.usecases.walk_ins import WalkIn
from shared import clock, db, ids
from shared.errors import Conflict, Rejected
from tests.integration.booking.charges import charging, lines
from tests.integration.booking.conftest import problem
from tests.integration.booking.test_steps import screened, started


def take_in(franchise, at, **changes):
    """Somebody stands at the desk at a moment of the test's choosing."""
    wanted = {
        "id": ids.new(),
        "clinic_id": franchise.clinic,
        "client_id": franchise.client,
        "treatment_id": franchise.treatment,
    }
    with db.transaction(db.Scope.of([franchise.clinic])) as tx:
        return walk_ins.take_in(tx, WalkIn(**wanted | changes), Change(None, at))


def change_clinic(franchise, **changes):
    with db.transaction(db.EVERY_CLINIC) as tx:
        clinics.change(tx, clinics.find(tx, franchise.clinic, lock=True), changes)


def test_a_walk_in_begins_with_the_next_minute_whatever_notice_the_clinic_asks(franchise, outbox):
    change_clinic(franchise, lead_minutes=600)
    at = franchise.at("10:07") + timedelta(seconds=20)
    taken = take_in(franchise, at)
    assert taken["starts_at"] == franchise.at("10:08")
    assert taken["status"] == "arrived"
    assert [event["type"].split(".")[1] for event in outbox()] == [
        "appointment_booked",
        "appointment_arrived",
    ]


def test_a_walk_in_waits_for_who_is_free_first(desk, franchise):
    desk.booked("10:00", practitioner_id=franchise.noor, client_id=franchise.a_client())
    desk.booked("10:30", practitioner_id=franchise.priya, client_id=franchise.a_client())
    at = franchise.at("10:10")
    taken = take_in(franchise, at)
    assert taken["starts_at"] == franchise.at("11:00")
    assert taken["practitioner_id"] == franchise.noor
    with_priya = take_in(franchise, at, practitioner_id=franchise.priya, client_id=franchise.other)
    assert with_priya["starts_at"] == franchise.at("11:30")


def test_where_nothing_is_free_soon_the_next_times_are_told(desk, franchise):
    for at in ("10:00", "11:00", "12:00"):
        for person in (franchise.noor, franchise.priya):
            desk.booked(at, practitioner_id=person, client_id=franchise.a_client())
    with pytest.raises(Conflict) as refused:
        take_in(franchise, franchise.at("10:10"))
    assert type(refused.value).type == "nothing-free-now"
    assert refused.value.members["next_times"][0] == franchise.at("13:00")
    assert len(refused.value.members["next_times"]) == 5


def test_a_walk_in_after_hours_is_told_the_next_morning(franchise):
    with pytest.raises(Conflict) as refused:
        take_in(franchise, franchise.at("17:30"))
    assert refused.value.members["next_times"][0] == franchise.at("09:00", 8)


def test_a_walk_in_keeps_screening_interval_and_hours(desk, franchise):
    told = screened(desk.wanted(), franchise, "refuse")
    franchise.hear("client_records.screening_decided.v1", told)
    with pytest.raises(Rejected, match="rules out"):
        take_in(franchise, franchise.at("10:10"))
    desk.booked(days=9, client_id=franchise.other)
    with pytest.raises(Rejected, match="28 days apart"):
        take_in(franchise, franchise.at("10:10"), client_id=franchise.other)


def test_a_walk_in_owes_no_deposit_as_nothing_lies_between_booking_and_visit(desk, franchise):
    charging(franchise, deposit={"percent": 20})
    taken = take_in(franchise, franchise.at("10:10"))
    assert lines(desk.client, taken) == []


def test_a_walk_in_over_http_is_arrived_or_told_when(desk, franchise):
    body = {"treatment_id": str(franchise.treatment), "client_id": str(franchise.client)}
    path = f"/v1/clinics/{franchise.clinic}/walk-ins"
    every_hour = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(1, 8)]
    change_clinic(franchise, hours=every_hour)
    answer = desk.client.post(path, json=body, headers={"Idempotency-Key": "desk-1"})
    assert answer.status_code in {201, 409}, answer.json  # 409 at night: nobody works then
    again = desk.client.post(path, json=body, headers={"Idempotency-Key": "desk-1"})
    if answer.status_code == 201:
        assert (answer.json["status"], answer.headers["ETag"]) == ("arrived", '"2"')
        assert again.json == answer.json
    else:
        assert problem(answer) == (409, "nothing-free-now")
    unknown = desk.client.post(path, json=body | {"client_id": str(ids.new())})
    assert problem(unknown) == (404, "client-unknown")


def write(client, appointment, note, version):
    path = f"/v1/appointments/{appointment['id']}/note"
    return client.put(path, json={"note": note}, headers={"If-Match": f'"{version}"'})


def test_a_note_is_for_the_clinics_eyes_and_in_no_event(desk, franchise, outbox):
    booked = desk.booked()
    noted = write(desk.client, booked, "Comes with a pram", 1)
    assert (noted.status_code, noted.json["note"]) == (200, "Comes with a pram")
    assert noted.headers["ETag"] == '"2"'
    assert desk.show(booked)["note"] == "Comes with a pram"
    assert outbox()[-1]["data"]["changed"] == ["note"]
    assert "pram" not in str(outbox())
    history = desk.client.get(f"/v1/appointments/{booked['id']}/changes").json["items"]
    assert "pram" not in str(history)
    moved = desk.move(desk.show(booked), starts_at=franchise.at("12:00").isoformat()).json
    assert moved["note"] == "Comes with a pram"
    assert write(desk.client, booked, None, moved["version"]).json["note"] is None


def test_a_note_that_is_too_long_or_of_an_old_copy_is_refused(desk):
    booked = desk.booked()
    assert write(desk.client, booked, "x" * 501, 1).status_code == 422
    assert write(desk.client, booked, "x" * 500, 1).status_code == 200
    assert problem(write(desk.client, booked, "y", 1)) == (412, "changed-meanwhile")


def test_what_people_wrote_goes_with_the_clients_record(desk, franchise, dsn):
    booked = desk.booked()
    write(desk.client, booked, "Iris prefers mornings", 1)
    moved = desk.move(
        desk.show(booked), starts_at=franchise.at("12:00").isoformat(), reason="Iris rang"
    )
    assert moved.status_code == 200
    told = {"client_id": str(franchise.client), "clinic_id": str(franchise.clinic)}
    franchise.hear("client_records.client_erased.v1", told, subject=franchise.client)
    assert desk.show(booked)["note"] is None
    history = desk.client.get(f"/v1/appointments/{booked['id']}/changes").json["items"]
    assert "Iris" not in str(history)
    assert history[-1]["reason"] == "The client's record was erased."


def test_another_practitioner_for_the_same_time_needs_no_notice(desk, franchise):
    booked = desk.booked(practitioner_id=franchise.priya)
    left = franchise.at() - clock.now()
    change_clinic(franchise, lead_minutes=left // timedelta(minutes=1) + 60, step_minutes=25)
    moved = desk.move(booked, practitioner_id=str(franchise.noor))
    assert (moved.status_code, moved.json["practitioner_name"]) == (200, "Noor")
    later = desk.move(moved.json, starts_at=franchise.at("10:25").isoformat())
    assert problem(later) == (422, "too-soon")


def test_a_move_to_where_it_is_leaves_it_confirmed_and_tells_nobody(desk, franchise, outbox):
    booked = desk.booked(practitioner_id=franchise.priya)
    confirmed = desk.step(booked, "confirm").json
    told = len(outbox())
    same = {"starts_at": franchise.at().isoformat(), "practitioner_id": str(franchise.priya)}
    moved = desk.move(confirmed, **same)
    assert (moved.status_code, moved.json["status"]) == (200, "confirmed")
    assert moved.json["version"] == confirmed["version"]
    assert len(outbox()) == told


def test_a_visit_whose_practitioner_has_left_moves_to_any_other(desk, franchise):
    booked = desk.booked(practitioner_id=franchise.priya)
    told = {
        "staff_id": str(franchise.priya),
        "name": "Priya",
        "roles": ["practitioner"],
        "clinic_ids": [],
        "active": True,
        "epoch": 1,
    }
    franchise.hear("identity.staff_changed.v1", told, subject=franchise.priya)
    named = desk.move(booked, practitioner_id=str(franchise.priya))
    assert problem(named) == (404, "practitioner-unknown")
    seen = desk.show(booked)
    moved = desk.move(seen, starts_at=franchise.at("12:00").isoformat())
    assert (moved.status_code, moved.json["practitioner_name"]) == (200, "Noor")


def used(desk, franchise, appointment, device_id):
    told = started(appointment, franchise) | {"device_id": str(device_id)}
    franchise.hear("client_records.session_started.v1", told)
    return desk.show(appointment)


def test_the_pen_that_is_used_is_taken_and_the_booked_one_is_free(desk, franchise, outbox):
    booked = desk.booked(practitioner_id=franchise.priya)
    booked_pen = booked["device_id"]
    other_pen = str(franchise.pen_2 if booked_pen == str(franchise.pen_1) else franchise.pen_1)
    shown = used(desk, franchise, booked, other_pen)
    assert (shown["status"], shown["device_id"]) == ("in_treatment", other_pen)
    assert outbox()[-1]["data"]["changed"] == ["status", "device_id"]
    beside = desk.booked(client_id=franchise.other)
    assert beside["device_id"] == booked_pen


def test_a_pen_that_somebody_else_booked_is_noted_and_they_keep_it(desk, franchise):
    mine = desk.booked()
    theirs = desk.booked(client_id=franchise.other)
    assert theirs["device_id"] != mine["device_id"]
    shown = used(desk, franchise, mine, theirs["device_id"])
    assert (shown["status"], shown["device_id"]) == ("in_treatment", theirs["device_id"])
    shown = used(desk, franchise, theirs, mine["device_id"])  # they take the one left over
    assert (shown["status"], shown["device_id"]) == ("in_treatment", mine["device_id"])


def test_a_pen_that_nobody_told_of_does_not_stop_the_treatment(desk, franchise):
    booked = desk.booked()
    shown = used(desk, franchise, booked, ids.new())
    assert (shown["status"], shown["device_id"]) == ("in_treatment", booked["device_id"])
