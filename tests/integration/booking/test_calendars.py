"""Diaries that phones and mail programs read by a secret address."""

import json

import icalendar
import pytest

from services.booking.api import calendars as edge
from services.booking.domain import calendars
from shared import db, ids
from shared.pace import Pace
from tests import people
from tests.integration.booking.conftest import problem


@pytest.fixture
def alice(api, franchise):
    return api("booking").as_(people.ALICE)


@pytest.fixture
def diaries(franchise):
    return f"/v1/clinics/{franchise.clinic}/calendars"


def given(caller, path, **wanted):
    answer = caller.post(path, json={"kind": "clinic"} | wanted)
    assert answer.status_code == 201, answer.json
    return answer.json


def events(caller, calendar):
    answer = caller.get(calendar["path"])
    assert answer.status_code == 200, answer.json
    return icalendar.Calendar.from_ical(answer.data).walk("VEVENT")


def test_a_calendar_program_reads_a_booking_its_move_and_its_cancellation(desk, api, diaries):
    program = api("booking")
    calendar = given(desk.client, diaries)
    booked = desk.booked("10:00")
    [event] = events(program, calendar)
    assert event["UID"] == f"{booked['id']}@needlepoint"
    assert event["SEQUENCE"] == 1
    assert event["DTSTART"].dt == desk.franchise.at("10:00")
    moved = desk.move(booked, starts_at=desk.franchise.at("15:00").isoformat()).json
    [event] = events(program, calendar)
    assert (event["SEQUENCE"], event["DTSTART"].dt) == (2, desk.franchise.at("15:00"))
    desk.step(moved, "cancel")
    [event] = events(program, calendar)
    assert (event["SEQUENCE"], event["STATUS"]) == (3, "CANCELLED")


def test_each_diary_shows_its_own_appointments(desk, api, alice, diaries, franchise):
    by_priya = desk.booked("10:00", practitioner_id=franchise.priya)
    by_noor = desk.booked("13:00", practitioner_id=franchise.noor, client_id=franchise.other)
    program = api("booking")

    def shown(**wanted):
        return {event["UID"][:36] for event in events(program, given(alice, diaries, **wanted))}

    assert shown() == {by_priya["id"], by_noor["id"]}
    assert shown(kind="practitioner", subject_id=str(franchise.priya)) == {by_priya["id"]}
    for room in (franchise.room_1, franchise.room_2):
        here = {each["id"] for each in (by_priya, by_noor) if each["room_id"] == str(room)}
        assert shown(kind="room", subject_id=str(room)) == here


def test_a_diary_tells_nothing_of_the_client_or_the_treatment(desk, api, diaries):
    booked = desk.booked()
    answer = api("booking").get(given(desk.client, diaries)["path"])
    assert answer.mimetype == "text/calendar"
    told = answer.get_data(as_text=True)
    for secret in (booked["client_id"], booked["treatment_id"], "Acne", "IND-01"):
        assert secret not in told


def test_holds_are_not_shown(desk, api, diaries):
    path = f"/v1/clinics/{desk.franchise.clinic}/holds"
    assert desk.client.post(path, json=desk.wanted()).status_code == 201
    assert events(api("booking"), given(desk.client, diaries)) == []


def test_a_program_that_never_stops_is_slowed_down_and_others_are_not(
    desk, api, diaries, monkeypatch
):
    monkeypatch.setattr(edge, "PACE", Pace(3))
    program, calendar = api("booking"), given(desk.client, diaries)
    answers = [program.get(calendar["path"]) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    asked = {"If-None-Match": answers[0].headers["ETag"]}
    assert program.get(calendar["path"], headers=asked).status_code == 304
    assert program.get(given(desk.client, diaries)["path"]).status_code == 200


def test_a_program_that_has_it_already_is_told_so(desk, api, diaries):
    program, calendar = api("booking"), given(desk.client, diaries)
    first = program.get(calendar["path"])
    asked = {"If-None-Match": first.headers["ETag"]}
    assert first.headers["Cache-Control"].startswith("private")
    again = program.get(calendar["path"], headers=asked)
    assert (again.status_code, again.data) == (304, b"")
    desk.booked()
    assert program.get(calendar["path"], headers=asked).status_code == 200


def test_an_address_is_kept_as_a_hash_and_shown_once(desk, diaries):
    calendar = given(desk.client, diaries)
    assert len(calendar["token"]) >= 43
    listed = desk.client.get(diaries).json["items"]
    assert [each["id"] for each in listed] == [calendar["id"]]
    assert calendar["token"] not in json.dumps(listed)
    with db.transaction(db.EVERY_CLINIC) as tx:
        assert calendar["token"] not in repr(tx.all("SELECT * FROM booking.calendars"))


def test_an_address_never_stands_in_the_logs(desk, api, diaries, capfd):
    calendar = given(desk.client, diaries)
    assert api("booking").get(calendar["path"]).status_code == 200
    assert api("booking").get(calendar["path"][:-1]).status_code == 404
    logged = "".join(capfd.readouterr())
    assert "/v1/calendars/" in logged
    assert calendar["token"] not in logged


def test_an_address_that_was_ended_or_replaced_shows_nothing(desk, api, diaries):
    program, calendar = api("booking"), given(desk.client, diaries)
    renewed = desk.client.post(f"{diaries}/{calendar['id']}/rotate").json
    assert problem(program.get(calendar["path"])) == (404, "calendar-unknown")
    assert program.get(renewed["path"]).status_code == 200
    assert desk.client.delete(f"{diaries}/{calendar['id']}").status_code == 204
    assert problem(program.get(renewed["path"])) == (404, "calendar-unknown")
    assert desk.client.get(diaries).json["items"] == []
    gone = desk.client.delete(f"{diaries}/{calendar['id']}")
    assert problem(gone) == (404, "calendar-unknown")


@pytest.mark.parametrize("token", ["x", "a" * 43, "%00", "..", "é", "a" * 5000])
def test_an_address_that_nobody_was_given_shows_nothing(api, franchise, token):
    assert api("booking").get(f"/v1/calendars/{token}.ics").status_code == 404


def test_a_practitioners_diary_is_given_away_by_the_practitioner_or_a_manager(
    api, desk, alice, diaries, franchise
):
    wanted = {"kind": "practitioner", "subject_id": str(franchise.priya)}
    refused = desk.client.post(diaries, json=wanted)
    assert problem(refused) == (403, "not-your-calendar")
    priya = api("booking").as_(people.PRIYA)
    hers, by_alice = given(priya, diaries, **wanted), given(alice, diaries, **wanted)
    for calendar in (hers, by_alice):
        path = f"{diaries}/{calendar['id']}"
        assert problem(desk.client.delete(path)) == (403, "not-your-calendar")
        assert problem(desk.client.post(f"{path}/rotate")) == (403, "not-your-calendar")
        assert priya.delete(path).status_code == 204


def test_somebody_elses_address_is_ended_by_a_manager(api, desk, alice, diaries):
    calendar = given(desk.client, diaries)
    path = f"{diaries}/{calendar['id']}"
    assert problem(api("booking").as_(people.PRIYA).delete(path)) == (403, "not-your-calendar")
    assert alice.delete(path).status_code == 204


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"kind": "practitioner"}, (422, "calendar-subject")),
        ({"kind": "clinic", "subject_id": str(ids.new())}, (422, "calendar-subject")),
        ({"kind": "practitioner", "subject_id": str(ids.new())}, (404, "practitioner-unknown")),
        (
            {"kind": "practitioner", "subject_id": str(people.CHARLIE.id)},
            (404, "practitioner-unknown"),
        ),
        ({"kind": "room", "subject_id": str(ids.new())}, (404, "room-unknown")),
        ({"kind": "client", "subject_id": str(ids.new())}, (422, "invalid")),
    ],
)
def test_a_diary_of_nobody_here_is_refused(alice, diaries, wanted, refusal):
    assert problem(alice.post(diaries, json=wanted)) == refusal
    assert alice.get(diaries).json["items"] == []


def test_another_clinic_sees_no_address_of_ours(api, desk, diaries, franchise):
    calendar = given(desk.client, diaries)
    charlie = api("booking").as_(people.CHARLIE)
    lisbons = f"/v1/clinics/{franchise.lisbon}/calendars/{calendar['id']}"
    assert charlie.delete(lisbons).status_code == 404
    assert charlie.delete(f"{diaries}/{calendar['id']}").status_code == 404
    assert api("booking").get(calendar["path"]).status_code == 200


@pytest.mark.parametrize(
    ("person", "kept"),
    [
        ({"active": False, "clinic_ids": [str(people.SOHO.id)]}, False),
        ({"active": True, "clinic_ids": [str(people.LISBON.id)]}, False),
        ({"active": True, "clinic_ids": [str(people.SOHO.id)]}, True),
        ({"active": True, "clinic_ids": None}, True),
    ],
)
def test_who_left_reads_our_diaries_no_longer(api, desk, diaries, franchise, person, kept):
    calendar = given(desk.client, diaries)
    told = {"staff_id": str(people.BOB.id), "name": "Bob", "roles": ["front_desk"], "epoch": 1}
    franchise.hear("identity.staff_changed.v1", told | person, subject=people.BOB.id)
    assert (api("booking").get(calendar["path"]).status_code == 200) == kept


def stored(franchise, *days, status="booked", changed_days_ago=0):
    """Put appointments some days away into the table, as time would have left them there."""
    found = [ids.new() for _ in days]
    with db.transaction(db.EVERY_CLINIC) as tx:
        for appointment_id, away in zip(found, days, strict=True):
            values = {
                "id": appointment_id,
                "clinic": franchise.clinic,
                "client": franchise.client,
                "treatment": franchise.treatment,
                "priya": franchise.priya,
                "room": franchise.room_1,
                "away": away,
                "status": status,
                "ago": changed_days_ago,
            }
            tx.run(
                """
                INSERT INTO booking.appointments (id, clinic_id, client_id, treatment_id,
                    practitioner_id, room_id, starts_at, ends_at, status, screening, version)
                VALUES (%(id)s, %(clinic)s, %(client)s, %(treatment)s, %(priya)s, %(room)s,
                    now() + %(away)s * interval '1 day', now() + %(away)s * interval '1 day'
                    + interval '1 hour', %(status)s, 'pending', 1)
                """,
                values,
            )
            tx.run(
                """
                INSERT INTO booking.appointment_changes (appointment_id, version, clinic_id,
                    happened, changed, status, starts_at, changed_at)
                SELECT id, 1, clinic_id, 'booked', '{}', status, starts_at,
                    now() - %(ago)s * interval '1 day'
                FROM booking.appointments WHERE id = %(id)s
                """,
                values,
            )
    return [str(each) for each in found]


def test_a_diary_shows_thirty_days_back_and_a_hundred_and_eighty_ahead(api, desk, diaries):
    shown = stored(desk.franchise, -29, 0, 179)
    stored(desk.franchise, -31, 181)
    found = events(api("booking"), given(desk.client, diaries))
    assert [str(event["UID"])[:36] for event in found] == shown


def test_what_was_given_up_long_ago_is_not_told_again(api, desk, diaries):
    shown = stored(desk.franchise, 3, status="cancelled", changed_days_ago=29)
    stored(desk.franchise, 3, status="cancelled", changed_days_ago=31)
    stored(desk.franchise, -3, status="lapsed")
    found = events(api("booking"), given(desk.client, diaries))
    assert [str(event["UID"])[:36] for event in found] == shown


def test_a_diary_that_is_too_full_leaves_out_what_is_farthest_ahead(
    api, desk, diaries, monkeypatch
):
    monkeypatch.setattr(calendars, "MOST_ENTRIES", 2)
    shown = stored(desk.franchise, 1, 2, 3)[:2]
    found = events(api("booking"), given(desk.client, diaries))
    assert [str(event["UID"])[:36] for event in found] == shown
