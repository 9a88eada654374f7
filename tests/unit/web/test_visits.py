"""What a client's page says: titles, days by the clinic's clock, and what an address may ask."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from services.web.domain import visits, words
from services.web.domain.visits import Visit

TODAY = date(2030, 3, 30)
DONE = {
    ("confirm", "confirmed"),
    ("cancel", "cancelled"),
    ("offer", "accepted"),
    ("offer", "declined"),
}
LISBON = ZoneInfo("Europe/Lisbon")


def a_visit(purpose, status="booked", *, may=True, **more):
    row = {
        "purpose": purpose,
        "status": status,
        "may": may,
        "done": (purpose, status) in DONE,
        "time_zone": "America/New_York",
        "starts_at": "2030-01-07T15:00:00Z",
        "late_fee": None,
    } | more
    return Visit(row)


@pytest.mark.parametrize(
    ("purpose", "status", "may", "moved", "title"),
    [
        ("confirm", "booked", True, False, "Will you come?"),
        ("confirm", "confirmed", False, False, "You are expected"),
        ("confirm", "cancelled", False, False, "Your appointment is cancelled"),
        ("confirm", "arrived", False, False, "Your appointment"),
        ("move", "booked", True, False, "Choose another time"),
        ("move", "confirmed", True, False, "Choose another time"),
        ("move", "booked", True, True, "Your appointment has moved"),
        ("move", "booked", False, True, "Your appointment has moved"),
        ("move", "cancelled", False, True, "Your appointment is cancelled"),
        ("cancel", "confirmed", True, False, "Cancel this appointment?"),
        ("cancel", "cancelled", False, False, "Your appointment is cancelled"),
        ("earlier", "booked", True, False, "Would you like an earlier time?"),
        ("offer", "open", True, False, "A place has become free"),
        ("offer", "accepted", False, False, "The place is yours"),
        ("offer", "declined", False, False, "Thank you for telling us"),
        ("offer", "lapsed", False, False, "This place is gone"),
    ],
)
def test_a_page_has_the_title_of_what_is_so(purpose, status, may, moved, title):
    assert a_visit(purpose, status, may=may).heading(moved=moved)[0] == title


def test_who_is_on_the_list_is_told_so():
    assert a_visit("earlier", may=False, done=True).heading(moved=False)[0] == (
        "You are on the waiting list"
    )


def test_who_keeps_the_appointment_is_not_asked_again():
    assert a_visit("cancel").heading(moved=False, kept=True)[0] == "Your appointment stays"
    gone = a_visit("cancel", "cancelled", may=False).heading(moved=False, kept=True)
    assert gone[0] == "Your appointment is cancelled"


def test_a_new_time_lasts_as_long_as_the_old_one_when_the_clocks_change():
    visit = a_visit("move", time_zone="Europe/Lisbon", ends_at="2030-01-07T16:00:00Z")
    night = datetime(2030, 3, 31, 0, 30, tzinfo=LISBON)
    assert words.clock(visit.ends_from(night)) == "02:30"


def test_a_day_has_the_parts_in_which_something_is_free():
    times = ("2030-01-07T09:00:00Z", "2030-01-07T11:45:00Z", "2030-01-07T17:00:00Z")
    day = visits.by_day([{"starts_at": each} for each in times], LISBON)[0]
    assert [(name, len(found)) for name, found in day.parts] == [("Morning", 2), ("Evening", 1)]


def test_times_are_the_clinics():
    visit = a_visit("move")
    assert words.clock(visit.starts_at) == "10:00"
    assert visit.place == "New York"


def test_a_fee_is_said_in_its_currency():
    assert a_visit("cancel").fee is None
    fee = {"amount_minor": 4050, "currency": "EUR"}
    assert a_visit("cancel", late_fee=fee).fee == "EUR 40.50"
    assert words.money(5000, "JPY") == "JPY 5000"
    assert words.money(5000, "KWD") == "KWD 5.000"


def test_free_times_stand_under_the_clinics_days_when_the_clocks_change():
    rows = [
        {"starts_at": each}
        for each in ("2030-03-30T23:30:00Z", "2030-03-31T00:30:00Z", "2030-03-31T01:00:00Z")
    ]
    found = visits.by_day(rows, LISBON)
    assert [(each.day.day, [words.clock(at) for at in each.times]) for each in found] == [
        (30, ["23:30"]),
        (31, ["00:30", "02:00"]),
    ]
    assert found[0].name == "Saturday 30 Mar"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", TODAY),
        ("nonsense", TODAY),
        ("2030-04-06", date(2030, 4, 6)),
        ("2020-01-01", TODAY),
        ("9999-12-31", TODAY + visits.FURTHEST),
        ("0001-01-01", TODAY),
    ],
)
def test_an_address_asks_for_days_that_can_be(asked, found):
    assert visits.first_day(asked, TODAY) == found


def test_an_address_names_a_time_or_none():
    assert visits.chosen("2030-01-07T10:00:00Z", LISBON) == datetime(2030, 1, 7, 10, tzinfo=UTC)
    for asked in ("", "soon", "2030-01-07T10:00:00", "2030-01-07", "0001-01-01T00:00:00+14:00"):
        assert visits.chosen(asked, LISBON) is None


@pytest.mark.parametrize("token", ["", "..", "confirm.a.b", "confirm/../x", "confirm." + "é" * 64])
def test_what_is_no_link_is_not_asked_for(token):
    assert not visits.could_be(token)
