"""Availability over HTTP: what can be booked, and why the rest cannot."""

import pytest

from shared import ids
from tests.integration.booking.conftest import problem


def test_day_lists_times_with_their_practitioners(desk, franchise):
    day = desk.times()
    assert day["time_zone"] == "Europe/London"
    assert day["refused"] == []
    first = day["times"][0]
    assert first["starts_at"] == franchise.at("09:00").isoformat().replace("+00:00", "Z")
    assert first["practitioner_ids"] == [str(franchise.noor), str(franchise.priya)]
    assert len(day["times"]) == 33


def test_booked_practitioner_disappears_from_the_overlapping_times(desk, franchise):
    desk.booked(practitioner_id=franchise.priya)
    by_time = {each["starts_at"][11:16]: each["practitioner_ids"] for each in desk.times()["times"]}
    ten = franchise.at("10:15").isoformat()[11:16]
    assert by_time[ten] == [str(franchise.noor)]
    mine = desk.times(practitioner_id=franchise.priya)["times"]
    assert len(mine) == 33 - 7


def test_explained_day_says_why_in_codes(desk, franchise):
    desk.booked(practitioner_id=franchise.priya)
    for pen in (franchise.pen_1, franchise.pen_2):
        franchise.pen(pen, fit=False, reasons=["calibration_due"])
    day = desk.times(practitioner_id=franchise.priya, client_id=franchise.client, explain="true")
    assert day["times"] == []
    by_time = {each["starts_at"]: each["reasons"] for each in day["refused"]}
    ten = by_time[franchise.at("10:00").isoformat().replace("+00:00", "Z")]
    assert ten == ["client_busy", "skin_recovering", "practitioner_busy", "device_unfit"]


def test_explained_day_says_why_in_words(desk, franchise):
    desk.booked(practitioner_id=franchise.priya)
    desk.booked("14:00", practitioner_id=franchise.noor, client_id=franchise.other)
    day = desk.times(practitioner_id=franchise.priya, client_id=franchise.client, explain="true")
    assert all(len(each["sentences"]) == len(each["reasons"]) for each in day["refused"])
    by_time = {each["starts_at"]: each["sentences"] for each in day["refused"]}
    ten = franchise.at("10:00")
    busy, recovering, priya = by_time[ten.isoformat().replace("+00:00", "Z")]
    assert busy.startswith("The client has another appointment at 10:00 on ")
    assert recovering.startswith("Sessions are 28 days apart")
    assert priya.startswith("Priya is busy at 10:00 on ")


def test_device_off_line_withdraws_what_begins_soon(desk, franchise):
    for pen in (franchise.pen_1, franchise.pen_2):
        franchise.pen(pen, status="offline")
    assert len(desk.times()["times"]) == 33


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"treatment_id": ids.new()}, (404, "treatment-unknown")),
        ({"client_id": ids.new()}, (404, "client-unknown")),
        ({"practitioner_id": ids.new()}, (404, "practitioner-unknown")),
        ({"to": "2026-01-01T00:00:00Z"}, (422, "invalid")),
        ({"to": "2199-01-01T00:00:00Z"}, (422, "invalid")),
        ({"from": "today"}, (422, "invalid")),
        ({"from": "2026-01-01T10:00:00"}, (422, "invalid")),
        ({"explain": "perhaps"}, (422, "invalid")),
        ({"room_id": ids.new()}, (422, "invalid")),
    ],
)
def test_question_that_makes_no_sense_is_refused(desk, franchise, query, kind):
    asked = {
        "treatment_id": franchise.treatment,
        "from": franchise.at("00:00").isoformat(),
        "to": franchise.at("23:00").isoformat(),
    } | query
    path = f"/v1/clinics/{franchise.clinic}/availability"
    assert problem(desk.client.get(path, query_string=asked)) == kind


def test_question_without_a_treatment_is_refused(desk, franchise):
    path = f"/v1/clinics/{franchise.clinic}/availability"
    assert problem(desk.client.get(path)) == (422, "invalid")


def test_century_far_away_is_too_far(desk, franchise):
    asked = {
        "treatment_id": franchise.treatment,
        "from": "2199-12-01T00:00:00Z",
        "to": "2199-12-02T00:00:00Z",
        "explain": "true",
    }
    path = f"/v1/clinics/{franchise.clinic}/availability"
    day = desk.client.get(path, query_string=asked).json
    assert day["times"] == []
    assert {"too_far_ahead"} <= set(day["refused"][0]["reasons"])
