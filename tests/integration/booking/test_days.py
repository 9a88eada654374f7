"""Availability and appointments by the clinic's days, however long the clock makes them."""

from datetime import date, datetime, timedelta

import pytest

from services.booking.domain import local_time
from services.booking.usecases import clinics, practitioners
from shared import clock, db, ids
from tests.integration.booking.conftest import problem

ROUND_THE_CLOCK = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(1, 8)]


def next_change(zone, hours):
    """Return the next day ahead that has this many hours."""
    today = clock.now().astimezone(zone).date()
    days = (today + timedelta(days=n) for n in range(2, 366))
    return next(day for day in days if length_h(day, zone) == hours)


def length_h(day, zone):
    begins, ends = local_time.span(day, day, zone)
    return (ends - begins) / timedelta(hours=1)


@pytest.fixture
def open_always(franchise):
    """Let Soho and its people work day and night, so that a day's edges can be booked."""
    with db.transaction(db.EVERY_CLINIC) as tx:
        changes = {"hours": ROUND_THE_CLOCK, "horizon_days": 400}
        clinics.change(tx, clinics.find(tx, franchise.clinic, lock=True), changes)
        for person in (franchise.priya, franchise.noor):
            current = practitioners.find(tx, franchise.clinic, person, lock=True)
            practitioners.change(tx, current, {"hours": ROUND_THE_CLOCK}, rota_id=ids.new())
    return franchise


@pytest.mark.parametrize("hours", [23, 24, 25])
def test_a_day_of_availability_is_the_clinics_whole_day(desk, open_always, hours):
    day = next_change(open_always.zone, hours)

    told = desk.times(**{"from": day.isoformat(), "to": day.isoformat()})

    assert len(told["times"]) == hours * 4
    walls = [wall(each["starts_at"], open_always.zone) for each in told["times"]]
    assert (walls[0], walls[-1]) == (f"{day} 00:00", f"{day} 23:45")


@pytest.mark.parametrize("hours", [23, 24, 25])
def test_the_appointments_of_a_day_are_those_of_the_clinics_day(desk, open_always, hours):
    day = next_change(open_always.zone, hours)
    around = {"from": str(day - timedelta(days=1)), "to": str(day + timedelta(days=1))}
    listed = [each["starts_at"] for each in desk.times(**around)["times"]]
    inside = [at for at in listed if wall(at, open_always.zone).startswith(str(day))]
    last_before = max(at for at in listed if at < inside[0])
    first_after = min(at for at in listed if at > inside[-1])
    booked = {}
    for starts_at in (last_before, inside[4], inside[-8], first_after):
        answer = desk.client.post(
            f"/v1/clinics/{open_always.clinic}/appointments",
            json={
                "treatment_id": str(open_always.treatment),
                "client_id": str(open_always.a_client()),
                "starts_at": starts_at,
            },
        )
        assert answer.status_code == 201, answer.json
        booked[starts_at] = answer.json["id"]

    path = f"/v1/clinics/{open_always.clinic}/appointments?from={day}&to={day}"
    told = desk.client.get(path).json

    assert [each["id"] for each in told["items"]] == [booked[inside[4]], booked[inside[-8]]]


def wall(text, zone):
    return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M}"


def test_pages_of_a_day_follow_each_other(desk, franchise):
    for at in ("10:00", "12:00", "14:00"):
        desk.booked(at, client_id=franchise.a_client())
    day = franchise.at().astimezone(franchise.zone).date()
    path = f"/v1/clinics/{franchise.clinic}/appointments?from={day}&to={day}&limit=2"

    first = desk.client.get(path).json
    second = desk.client.get(f"{path}&cursor={first['next']}").json

    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)


def test_a_day_and_a_moment_go_together(desk, franchise):
    day = franchise.at().astimezone(franchise.zone).date()

    told = desk.times(**{"from": str(day), "to": franchise.at("10:00").isoformat()})

    assert [each["starts_at"] for each in told["times"]] == [
        franchise.at(at).isoformat().replace("+00:00", "Z")
        for at in ("09:00", "09:15", "09:30", "09:45")
    ]


def test_an_offset_whose_plus_was_not_escaped_is_understood(desk, franchise):
    first, last = (franchise.at(at).isoformat() for at in ("10:00", "11:00"))
    assert "+" in first
    path = f"/v1/clinics/{franchise.clinic}/availability"
    query = f"treatment_id={franchise.treatment}&from={first}&to={last}"

    assert len(desk.client.get(f"{path}?{query}").json["times"]) == 4


@pytest.mark.parametrize(
    ("what", "days", "status"),
    [
        ("availability", 42, 200),
        ("availability", 43, 422),
        ("availability", 0, 422),
        ("appointments", 92, 200),
        ("appointments", 93, 422),
        ("appointments", 0, 422),
    ],
)
def test_a_span_has_a_longest_and_a_shortest(desk, franchise, what, days, status):
    """October has a day of 25 hours: it counts as a day."""
    first = date(2027, 10, 1)
    query = {"from": str(first), "to": str(first + timedelta(days=days - 1))}
    if what == "availability":
        query["treatment_id"] = franchise.treatment

    answer = desk.client.get(f"/v1/clinics/{franchise.clinic}/{what}", query_string=query)

    assert answer.status_code == status, answer.json
    if status == 422:
        assert answer.json["errors"][0]["parameter"] == "to"


@pytest.mark.parametrize(
    "text", ["2027-2-3", "2027-02-30", "0001-01-01", "2201-01-01", "2027-02-03T10:00", "today", " "]
)
def test_what_is_neither_a_day_nor_a_moment_is_refused(desk, franchise, text):
    query = {"from": text, "to": "2027-02-03"}

    answer = desk.client.get(f"/v1/clinics/{franchise.clinic}/appointments", query_string=query)

    assert problem(answer) == (422, "invalid")
    assert {each["parameter"] for each in answer.json["errors"]} == {"from"}
