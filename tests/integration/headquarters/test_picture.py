"""What headquarters sees, over HTTP, after events were heard."""

import uuid
from datetime import date, timedelta

import pytest

from tests import people
from tests.integration.headquarters import happenings as given
from tests.integration.headquarters.happenings import MONDAY_10, hear


def numbers(hq):
    answer = hq.as_(people.HANNA).get("/v1/overview")
    assert answer.status_code == 200, answer.json
    return {number["name"]: number for number in answer.json["numbers"]}


def row_of(hq, where=people.SOHO):
    answer = hq.as_(people.ANA).get("/v1/clinics")
    assert answer.status_code == 200, answer.json
    return next(row for row in answer.json["items"] if row["clinic_id"] == str(where.id))


def test_seven_numbers_stand_beside_the_same_weekday_last_week(hq):
    week_ago = MONDAY_10 - timedelta(days=7)
    hear(given.clinic())
    hear(given.appointment("booked"), given.appointment("booked"), given.appointment("missed"))
    hear(given.appointment("completed", starts_at=week_ago))
    hear(given.device(uuid.uuid4()), given.device(uuid.uuid4(), "offline"))
    hear(given.alarm(uuid.uuid4()), given.adverse_event(uuid.uuid4()))
    hear(given.message(uuid.uuid4()), given.message(uuid.uuid4(), "failed", reason="smtp_550"))

    seen = numbers(hq)

    assert list(seen) == [
        "bookings",
        "utilisation",
        "no_shows",
        "devices_online",
        "unsafe_depth_alarms",
        "adverse_events",
        "messages_delivered",
    ]
    assert (seen["bookings"]["value"], seen["bookings"]["delta"]) == (3, 2)
    assert (seen["utilisation"]["value"], seen["utilisation"]["last_week"]) == (300, 100)
    assert seen["no_shows"]["value"] == 1
    assert (seen["devices_online"]["value"], seen["devices_online"]["of"]) == (1, 2)
    assert (seen["unsafe_depth_alarms"]["value"], seen["unsafe_depth_alarms"]["open"]) == (1, 1)
    assert seen["adverse_events"]["open"] == 1
    assert (seen["messages_delivered"]["value"], seen["messages_delivered"]["of"]) == (1, 2)


def test_today_is_the_clinics_own_day(hq):
    auckland = people.Clinic(uuid.uuid4(), "Auckland", "Pacific/Auckland")
    late_on_monday_in_london = MONDAY_10.replace(hour=14)  # Tuesday 03:00 in Auckland
    hear(given.clinic(), given.clinic(auckland))
    hear(given.appointment("booked", starts_at=late_on_monday_in_london))
    hear(given.appointment("booked", starts_at=late_on_monday_in_london, where=auckland))

    assert row_of(hq)["booked"] == 1
    assert row_of(hq, auckland)["booked"] == 0


def test_an_appointment_counts_in_one_column_and_leaves_the_old_day(hq):
    visit = uuid.uuid4()
    hear(given.clinic(), given.appointment("booked", id_=visit))
    hear(given.appointment("confirmed", id_=visit, version=2))
    assert (row_of(hq)["booked"], row_of(hq)["confirmed"]) == (0, 1)

    tomorrow = MONDAY_10 + timedelta(days=1)
    hear(given.appointment("moved", id_=visit, version=3, starts_at=tomorrow))
    assert (row_of(hq)["appointments"], row_of(hq)["booked_minutes"]) == (0, 0)


def test_the_clinic_with_unsafe_depth_comes_first_and_says_why(hq):
    hear(given.clinic(people.SOHO), given.clinic(people.LISBON))
    hear(given.alarm(uuid.uuid4(), where=people.LISBON))

    first, second = hq.as_(people.HANNA).get("/v1/clinics?sort=worst").json["items"]

    assert (first["name"], second["name"]) == ("Lisbon", "Soho")
    assert first["reasons"][0] == {"reason": "unsafe_depth", "count": 1, "weight": 1000}
    assert second["reasons"] == []


def test_clinics_come_in_pages(hq):
    for number in range(5):
        hear(given.clinic(people.Clinic(uuid.uuid4(), f"Clinic {number}", "Europe/London")))

    names, address = [], "/v1/clinics?sort=name&limit=2"
    while address:
        page = hq.as_(people.HANNA).get(address).json
        names += [row["name"] for row in page["items"]]
        address = page["next"] and f"/v1/clinics?sort=name&limit=2&cursor={page['next']}"

    assert names == [f"Clinic {number}" for number in range(5)]


def test_a_clinic_that_we_only_heard_rumours_of_is_unknown_and_counts_nowhere(hq):
    hear(given.appointment("booked"))

    assert row_of(hq)["state"] == "unknown"
    assert numbers(hq)["bookings"]["value"] == 0


def test_a_clinic_of_which_nothing_was_heard_for_two_days_is_silent(hq, monkeypatch):
    hear(given.clinic())
    monkeypatch.setattr("shared.clock.now", lambda: MONDAY_10 + timedelta(days=2))

    assert row_of(hq)["state"] == "silent"


def test_a_clinics_days_are_listed_with_what_they_held(hq):
    hear(given.clinic(), given.appointment("completed"))

    answer = hq.as_(people.HANNA).get(
        f"/v1/clinics/{people.SOHO.id}/days?from=2030-01-01&to=2030-01-31"
    )

    assert [(day["day"], day["completed"]) for day in answer.json["items"]] == [("2030-01-07", 1)]


@pytest.mark.parametrize(
    "query", ["from=2030-02-01&to=2030-01-01", "from=2020-01-01&to=2030-01-01"]
)
def test_days_that_make_no_sense_are_refused(hq, query):
    answer = hq.as_(people.HANNA).get(f"/v1/clinics/{people.SOHO.id}/days?{query}")

    assert answer.status_code == 422
    assert answer.json["type"].endswith("/too-many-days")


@pytest.mark.parametrize("path", ["/v1/overview", "/v1/clinics", "/v1/attention"])
@pytest.mark.parametrize("who", [people.ALICE, people.BOB, people.PRIYA], ids=lambda who: who.name)
def test_clinic_staff_do_not_see_all_clinics(hq, path, who):
    assert hq.as_(who).get(path).status_code == 403


def test_what_is_known_before_the_clinic_counts_once_its_calendar_is_known(hq):
    auckland = people.Clinic(uuid.uuid4(), "Auckland", "Pacific/Auckland")
    hear(given.alarm(uuid.uuid4(), where=auckland), given.message(uuid.uuid4(), where=auckland))
    hear(given.clinic(auckland))

    seen = row_of(hq, auckland)
    assert (seen["alarms_open"], seen["unsafe_depths"], seen["messages_sent"]) == (1, 1, 1)
    answer = hq.as_(people.HANNA).get(
        f"/v1/clinics/{auckland.id}/days?from=2030-01-01&to=2030-01-31"
    )
    assert [day["day"] for day in answer.json["items"]] == [date(2030, 1, 7).isoformat()]
