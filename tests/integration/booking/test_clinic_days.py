"""Exceptions and public holidays of a clinic, as managers keep them and the desk sees them."""

from datetime import date, timedelta

import pytest

from services.booking.domain import public_holidays
from shared import clock, ids
from tests import people
from tests.integration.booking.conftest import problem

MORNING = [{"opens": "10:00", "closes": "12:00"}]


@pytest.fixture
def alice(api, franchise):
    return api("booking").as_(people.ALICE)


@pytest.fixture
def path(franchise):
    return f"/v1/clinics/{franchise.clinic}"


def a_day(franchise, days=7):
    return franchise.at("10:00", days).astimezone(franchise.zone).date()


def next_holiday(after):
    days = (after + timedelta(days=n) for n in range(1, 366))
    return next(day for day in days if public_holidays.on("GB", day))


def close(alice, path, day, **changes):
    wanted = {"day": str(day), "hours": [], "reason": "Stock-taking"} | changes
    answer = alice.post(f"{path}/exceptions", json=wanted)
    assert answer.status_code == 201, answer.json
    return answer.json


def tagged(version):
    return {"If-Match": f'"{version}"'}


def test_closed_date_is_not_offered_and_says_why(alice, desk, franchise, path):
    day = a_day(franchise)
    close(alice, path, day)

    assert desk.times()["times"] == []
    refused = desk.times(explain="true")["refused"]
    assert {tuple(each["reasons"]) for each in refused} == {("clinic_closed",)}
    answer = desk.book()
    assert problem(answer) == (422, "outside-hours")
    assert answer.json["detail"].startswith("The clinic is closed on ")
    assert answer.json["detail"].endswith("(Stock-taking).")
    assert desk.book(days=8).status_code == 201


def test_exception_is_changed_by_its_version_and_taken_back(alice, desk, franchise, path):
    made = close(alice, path, a_day(franchise))
    one = f"{path}/exceptions/{made['id']}"

    assert alice.patch(one, json={"hours": MORNING}).status_code == 428
    changed = alice.patch(one, json={"hours": MORNING}, headers=tagged(1))
    assert (changed.json["version"], changed.json["hours"]) == (2, MORNING)
    assert changed.json["reason"] == "Stock-taking"
    assert alice.patch(one, json={"hours": []}, headers=tagged(1)).status_code == 412
    assert len(desk.times()["times"]) == 5
    assert alice.delete(one, headers=tagged(1)).status_code == 412
    assert alice.delete(one, headers=tagged(2)).status_code == 204
    assert problem(alice.get(one)) == (404, "exception-unknown")
    assert len(desk.times()["times"]) == 33


def test_date_has_one_exception(alice, franchise, path):
    day = a_day(franchise)
    close(alice, path, day)
    again = alice.post(f"{path}/exceptions", json={"day": str(day), "hours": MORNING})
    assert problem(again) == (409, "exception-exists")


def test_repeated_request_makes_one_exception(alice, franchise, path):
    wanted = {"day": str(a_day(franchise)), "hours": []}
    headers = {"Idempotency-Key": "close-friday"}
    first = alice.post(f"{path}/exceptions", json=wanted, headers=headers)
    second = alice.post(f"{path}/exceptions", json=wanted, headers=headers)
    assert (first.status_code, second.json) == (201, first.json)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"day": "2020-01-06"}, "day-out-of-reach"),
        ({"day": "2150-01-06"}, "day-out-of-reach"),
        ({"day": "0001-01-06"}, "invalid"),
        ({"day": "2030-02-30"}, "invalid"),
        ({"hours": [{"opens": "12:00", "closes": "10:00"}]}, "hours-wrong"),
        ({"hours": [{"opens": "09:00", "closes": "24:30"}]}, "invalid"),
        ({"hours": MORNING * 2}, "hours-wrong"),
        ({"hours": None}, "invalid"),
        ({"reason": "x" * 61}, "invalid"),
    ],
)
def test_exception_that_cannot_be_right_is_refused(alice, franchise, path, changes, kind):
    wanted = {"day": str(a_day(franchise)), "hours": []} | changes
    assert problem(alice.post(f"{path}/exceptions", json=wanted)) == (422, kind)


def test_public_holiday_closes_a_clinic_that_says_so_until_an_exception_opens_it(
    alice, desk, franchise, path
):
    day = next_holiday(clock.now().date() + timedelta(days=1))
    asked = {"from": str(day), "to": str(day)}
    assert len(desk.times(**asked)["times"]) == 33
    closed = alice.patch(path, json={"closed_on_holidays": True}, headers=tagged(1))
    assert closed.json["closed_on_holidays"] is True

    told = desk.times(explain="true", **asked)
    assert told["times"] == []
    assert {tuple(each["reasons"]) for each in told["refused"]} == {("public_holiday",)}
    name = public_holidays.on("GB", day)
    shown = alice.get(f"{path}/days", query_string=asked).json["days"]
    assert shown == [{"day": str(day), "hours": [], "holiday": name, "exception": None}]
    close(alice, path, day, hours=MORNING, reason=None)
    assert len(desk.times(**asked)["times"]) == 5


def test_days_tell_hours_holidays_and_exceptions(alice, desk, franchise, path):
    day = a_day(franchise)
    made = close(alice, path, day, hours=MORNING)
    query = {"from": str(day - timedelta(days=1)), "to": str(day + timedelta(days=1))}

    told = desk.client.get(f"{path}/days", query_string=query).json

    assert (told["time_zone"], told["holidays_of"]) == ("Europe/London", "GB")
    assert [each["hours"] for each in told["days"]] == [
        [{"opens": "09:00", "closes": "18:00"}],
        MORNING,
        [{"opens": "09:00", "closes": "18:00"}],
    ]
    assert told["days"][1]["exception"] == {
        "id": made["id"],
        "reason": "Stock-taking",
        "version": 1,
    }


def test_place_whose_holidays_are_not_known_is_told_so(api, franchise, path):
    hanna = api("booking").as_(people.HANNA)
    changed = hanna.patch(path, json={"jurisdiction": "XX"}, headers=tagged(1))
    assert changed.status_code == 200
    query = {"from": "2030-12-25", "to": "2030-12-25"}
    told = hanna.get(f"{path}/days", query_string=query).json
    assert (told["holidays_of"], told["days"][0]["holiday"]) == (None, None)


@pytest.mark.parametrize(
    ("first", "last"),
    [("2030-01-02", "2030-01-01"), ("2030-01-01", "2031-01-02"), ("2030-01", "2030-02")],
)
def test_days_are_asked_for_a_year_at_most(desk, path, first, last):
    answer = desk.client.get(f"{path}/days", query_string={"from": first, "to": last})
    assert problem(answer) == (422, "invalid")


def test_a_year_of_days_is_told_at_once(desk, path):
    query = {"from": "2030-01-01", "to": "2030-12-31"}
    told = desk.client.get(f"{path}/days", query_string=query).json
    assert len(told["days"]) == 365
    assert str(date(2030, 12, 25)) in {each["day"] for each in told["days"] if each["holiday"]}


def test_manager_changes_hours_but_not_what_headquarters_keeps(alice, franchise, path):
    none = alice.patch(path, json={"hours": []}, headers=tagged(1))
    assert (none.status_code, none.json["hours"]) == (200, [])
    for changes in (
        {"time_zone": "Europe/Paris"},
        {"jurisdiction": "FR"},
        {"name": "Mine"},
        {"active": False},
    ):
        refused = alice.patch(path, json={"hours": []} | changes, headers=tagged(2))
        assert problem(refused) == (403, "for-headquarters")
    assert alice.get(path).json["version"] == 2


def test_desk_and_other_clinics_keep_no_exceptions(api, alice, franchise, path):
    made = close(alice, path, a_day(franchise))
    wanted = {"day": str(a_day(franchise, 8)), "hours": []}
    desk, charlie = api("booking").as_(people.BOB), api("booking").as_(people.CHARLIE)
    assert desk.post(f"{path}/exceptions", json=wanted).status_code == 403
    assert charlie.post(f"{path}/exceptions", json=wanted).status_code == 404
    foreign = f"/v1/clinics/{franchise.lisbon}/exceptions/{made['id']}"
    answer = charlie.delete(foreign, headers=tagged(1))
    assert problem(answer) == (404, "exception-unknown")
    nothing = alice.delete(f"{path}/exceptions/{ids.new()}", headers=tagged(1))
    assert problem(nothing) == (404, "exception-unknown")
