"""A course is booked in one call: every session, or none and a reason for each date."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.booking.usecases import clinics, practitioners
from shared import clock, db, ids
from tests.integration.booking.conftest import problem
from tests.integration.booking.course_desk import wall


def test_every_session_is_booked_at_the_wished_interval_and_time_of_the_day(course, outbox):
    booked = course.booked()

    assert [each["number"] for each in booked["sessions"]] == [1, 2, 3]
    assert course.days(booked) == [0, 30, 60]
    assert {f"{each:%H:%M}" for each in course.walls(booked)} == {"10:00"}
    told = outbox()
    assert [each["type"] for each in told] == ["booking.appointment_booked.v1"] * 3
    assert {each["data"]["course_id"] for each in told} == {booked["id"]}
    assert [each["data"]["course_number"] for each in told] == [1, 2, 3]
    assert [each["data"]["course_sessions"] for each in told] == [3, 3, 3]
    for each in booked["sessions"]:
        appointment = course.desk.show(each["appointment"])
        assert (appointment["status"], appointment["course_id"]) == ("booked", booked["id"])
        assert appointment["course_number"] == each["number"]


def test_course_is_as_long_as_usual_when_nobody_says(course):
    assert len(course.booked(sessions=None)["sessions"]) == 4


def test_same_request_twice_books_one_course(course, outbox):
    first, second = course.ask(key="one"), course.ask(key="one")
    assert first.get_data() == second.get_data()
    assert len(outbox()) == 3


def test_a_taken_time_moves_the_session_to_the_nearest_free_one(course, desk, franchise):
    for person in (franchise.priya, franchise.noor):
        desk.booked("10:00", 37, practitioner_id=person, client_id=franchise.a_client())
    booked = course.booked()
    assert [f"{each:%H:%M}" for each in course.walls(booked)] == ["10:00", "11:00", "10:00"]


def test_wished_weekdays_and_hours_are_kept(course, franchise):
    first = franchise.at("15:00", 7).astimezone(franchise.zone)
    wished = [(first.isoweekday() + 2) % 7 + 1]
    booked = course.booked("15:00", preferred_weekdays=wished, latest_time="12:00")
    _, second, third = course.walls(booked)
    assert {second.isoweekday(), third.isoweekday()} == set(wished)
    assert {f"{second:%H:%M}", f"{third:%H:%M}"} == {"12:00"}
    assert booked["preferred_weekdays"] == wished
    assert (booked["earliest_time"], booked["latest_time"]) == ("00:00", "12:00")


def test_first_session_is_refused_like_a_booking_and_nothing_is_booked(course, desk, outbox):
    desk.booked("10:00")
    before = len(outbox())
    answer = course.ask("10:30")
    assert problem(answer) == (409, "client-busy")
    first, second, third = answer.json["sessions"]
    assert first["reasons"][0] == "client_busy"
    assert "another appointment" in first["sentence"]
    assert (second["sentence"], third["sentence"]) == (None, None)
    assert len(outbox()) == before
    assert course.page() == []


def test_session_beyond_the_horizon_refuses_the_whole_course_and_says_so(course, outbox):
    with db.transaction(db.EVERY_CLINIC) as tx:
        current = clinics.find(tx, course.franchise.clinic, lock=True)
        clinics.change(tx, current, {"horizon_days": 50})
    answer = course.ask()
    assert problem(answer) == (409, "course-not-possible")
    assert answer.json["detail"].startswith("Session 3: The clinic plans 50 days ahead")
    assert [each["reasons"][:1] for each in answer.json["sessions"]] == [[], [], ["too_far_ahead"]]
    assert outbox() == []


def test_refusal_names_the_nearest_time_that_is_not_as_wished(course, franchise):
    answer = course.ask("10:00", earliest_time="18:30")
    assert problem(answer) == (409, "course-not-possible")
    second = answer.json["sessions"][1]
    assert second["reasons"][0] == "not_as_wished"
    assert "as wished" in second["sentence"]
    assert wall({"starts_at": second["otherwise_at"]}, franchise.zone).strftime("%H:%M") == "17:00"


def test_dry_run_shows_the_plan_and_books_nothing(course, outbox):
    answer = course.ask(dry_run=True)
    assert answer.status_code == 200
    assert answer.json["possible"] is True
    assert [each["practitioner_name"] for each in answer.json["sessions"]] == ["Noor"] * 3
    assert outbox() == []
    assert course.page() == []
    impossible = course.ask(dry_run=True, earliest_time="18:30").json
    assert impossible["possible"] is False
    assert [bool(each["sentence"]) for each in impossible["sessions"]] == [False, True, True]


@pytest.mark.parametrize(
    ("changes", "type_"),
    [
        ({"sessions": 7}, "course-too-long"),
        ({"interval_days": 27}, "interval-too-short"),
        ({"interval_days": 40, "most_interval_days": 39}, "wishes-contradict"),
        ({"interval_days": 30, "most_interval_days": 123}, "wishes-contradict"),
        ({"earliest_time": "13:00", "latest_time": "12:00"}, "wishes-contradict"),
    ],
)
def test_course_that_cannot_be_meant_is_refused(course, changes, type_):
    assert problem(course.ask(**changes)) == (422, type_)


@pytest.mark.parametrize(
    "changes",
    [
        {"sessions": 13},
        {"sessions": 0},
        {"preferred_weekdays": [0]},
        {"preferred_weekdays": [1] * 8},
        {"earliest_time": "9"},
        {"first_starts_local": "2030-01-07T10:00"},
        {"first_starts_at": "2030-01-07T10:00"},
        {"interval_days": 731},
    ],
)
def test_malformed_wishes_are_refused(course, changes):
    assert course.ask(**changes).status_code == 422


def test_time_that_the_clock_skips_is_refused(course):
    year = clock.now().year + 1
    last = date(year, 3, 31)
    sunday = last - timedelta(days=last.isoweekday() % 7)
    wanted = {
        "treatment_id": str(course.franchise.treatment),
        "client_id": str(course.franchise.client),
        "first_starts_local": f"{sunday.isoformat()}T01:30",
    }
    path = f"/v1/clinics/{course.franchise.clinic}/courses"
    assert problem(course.desk.client.post(path, json=wanted)) == (422, "time-does-not-exist")


def test_same_practitioner_treats_all_sessions(course, desk, franchise):
    desk.booked("10:00", 37, practitioner_id=franchise.noor, client_id=franchise.a_client())
    with_both = course.booked()
    names = [each["practitioner_name"] for each in with_both["sessions"]]
    assert names == ["Noor", "Priya", "Priya"]
    course.cancel(with_both)
    with_one = course.booked(same_practitioner=True)
    assert len({each["practitioner_name"] for each in with_one["sessions"]}) == 1


def test_same_practitioner_is_one_who_can_do_them_all(course, franchise):
    with db.transaction(db.EVERY_CLINIC) as tx:
        noor = practitioners.find(tx, franchise.clinic, franchise.noor, lock=True)
        until = (clock.now() + timedelta(days=20)).date()
        practitioners.change(tx, noor, {"valid_until": until}, rota_id=ids.new())
    booked = course.booked(same_practitioner=True)
    assert {each["practitioner_name"] for each in booked["sessions"]} == {"Priya"}
    only_noor = course.ask(practitioner_id=str(franchise.noor), client_id=str(franchise.other))
    assert problem(only_noor) == (409, "course-not-possible")
    assert only_noor.json["sessions"][1]["reasons"][0] == "credential_missing"


def test_course_waits_for_another_session_of_the_same_skin(course, desk):
    desk.booked("10:00", 50)
    assert course.days(course.booked(interval_days=30, most_interval_days=75)) == [0, 71, 101]


def test_deferred_screening_counts_for_every_session(course, franchise):
    told = {
        "screening_id": str(franchise.pen_1),
        "client_id": str(franchise.client),
        "clinic_id": str(franchise.clinic),
        "appointment_id": None,
        "treatment_id": str(franchise.treatment),
        "outcome": "defer",
        "not_before": franchise.at("00:00", 9).isoformat(),
        "rules": ["SCR-01"],
        "decided_at": clock.now().isoformat(),
    }
    franchise.hear("client_records.screening_decided.v1", told)
    assert problem(course.ask(days=8)) == (422, "screening-deferred")
    assert course.booked(days=9)["sessions"][0]["appointment"]["screening"] == "pending"


def test_courses_are_listed_by_client_and_state(course, franchise):
    first = course.booked("10:00")
    second = course.booked("12:00", client_id=str(franchise.other))
    assert [each["id"] for each in course.page()] == [first["id"], second["id"]]
    assert [each["id"] for each in course.page(client_id=franchise.other)] == [second["id"]]
    course.cancel(first)
    assert [each["id"] for each in course.page(status="cancelled")] == [first["id"]]
    assert [each["id"] for each in course.page(status="active")] == [second["id"]]


def test_list_goes_on_where_the_page_ended(course, desk, franchise):
    made = [course.booked(f"{hour}:00", client_id=str(franchise.a_client())) for hour in (9, 11)]
    path = f"/v1/clinics/{franchise.clinic}/courses"
    first = desk.client.get(path, query_string={"limit": 1}).json
    second = desk.client.get(path, query_string={"limit": 1, "cursor": first["next"]}).json
    assert [page["items"][0]["id"] for page in (first, second)] == [each["id"] for each in made]
    assert second["next"] is None


def test_sessions_keep_their_time_on_the_wall_over_a_clock_change(course, franchise):
    ahead = next(
        days
        for days in range(1, 300)
        if franchise.at("10:00", days).hour != franchise.at("10:00", days + 30).hour
    )
    booked = course.booked("10:00", ahead, sessions=2)
    assert course.days(booked) == [0, 30]
    assert [f"{each:%H:%M}" for each in course.walls(booked)] == ["10:00", "10:00"]
    utc = [datetime.fromisoformat(each["starts_at"]).astimezone(UTC) for each in booked["sessions"]]
    assert utc[0].hour != utc[1].hour
