"""A device is made to blink, so that somebody sees which one it is."""

import threading
from datetime import timedelta

import pytest

from services.device_telemetry.usecases import commands
from shared import clock, db, ids
from tests import people
from tests.integration.device_telemetry.sayings import is_on_line, says

TOLD = "SELECT command, body, done_at FROM device_telemetry.commands"


def blink(fleet, pen, person=people.ALICE):
    return fleet.http.as_(person).post(f"/v1/devices/{pen.id}/identify")


def asked(fleet, pen, command_id, person=people.ALICE):
    return fleet.http.as_(person).get(f"/v1/devices/{pen.id}/commands/{command_id}")


def due(later=timedelta(), since=None):
    with db.transaction(db.EVERY_CLINIC) as tx:
        return commands.claim_due(tx, (since or clock.now()) + later)


def test_a_device_is_told_to_blink_and_its_answer_is_shown(fleet, pen):
    is_on_line(pen)
    made = blink(fleet, pen)
    assert (made.status_code, made.json["command"], made.json["state"]) == (
        201,
        "identify",
        "waiting",
    )
    [told] = due()
    assert (told["device_id"], told["clinic_id"]) == (pen.id, pen.clinic.id)
    assert told["body"] == {
        "v": 1,
        "id": made.json["id"],
        "command": "identify",
        "session_id": None,
    }
    says(pen, "command_done", command_id=made.json["id"])
    shown = asked(fleet, pen, made.json["id"], people.BOB).json
    assert (shown["state"], shown["done_at"] is not None) == ("answered", True)
    assert due(timedelta(seconds=30)) == []


def test_a_device_that_does_not_answer_for_a_minute_is_told_no_more(fleet, pen, monkeypatch):
    began = clock.now()
    made = blink(fleet, pen).json
    assert [each["attempts"] for each in due(timedelta(seconds=59), since=began)] == [0]
    later = clock.now() + timedelta(seconds=61)
    assert due(since=later) == []
    monkeypatch.setattr(clock, "now", lambda: later)
    assert asked(fleet, pen, made["id"]).json["state"] == "unanswered"
    assert blink(fleet, pen).json["id"] != made["id"]


def test_whoever_presses_many_times_at_once_makes_it_blink_once(fleet, pen, rows):
    answers = []
    callers = [
        threading.Thread(target=lambda: answers.append(blink(fleet, pen).json["id"]))
        for _ in range(6)
    ]
    for each in callers:
        each.start()
    for each in callers:
        each.join(60)
    assert (len(answers), len(set(answers)), len(rows(TOLD))) == (6, 1, 1)


def test_a_device_blinks_for_its_clinic_and_those_who_look_after_all(fleet, pen):
    allowed = {each.name: blink(fleet, pen, each).status_code for each in people.EVERYONE}
    assert allowed == {
        "Alice": 201,
        "Priya": 201,
        "Bob": 201,
        "Charlie": 404,
        "Hanna": 201,
        "Ana": 403,
    }
    command_id = blink(fleet, pen).json["id"]
    assert asked(fleet, pen, command_id, people.CHARLIE).status_code == 404
    assert asked(fleet, fleet.pen(), command_id).status_code == 404
    assert asked(fleet, pen, ids.new()).json["type"].endswith("/command-unknown")


def test_a_retired_device_blinks_no_more(fleet, pen, rows):
    assert fleet.http.as_(people.ALICE).post(f"/v1/devices/{pen.id}/retire").status_code == 200
    refused = blink(fleet, pen)
    assert (refused.status_code, refused.json["type"].rpartition("/")[2]) == (409, "device-retired")
    assert rows(TOLD) == []


@pytest.mark.parametrize("answered_by", ["itself", "another"])
def test_only_the_device_itself_can_answer(fleet, pen, answered_by):
    other = fleet.pen()
    made = blink(fleet, pen).json
    says(pen if answered_by == "itself" else other, "command_done", command_id=made["id"])
    state = {"itself": "answered", "another": "waiting"}[answered_by]
    assert asked(fleet, pen, made["id"]).json["state"] == state
