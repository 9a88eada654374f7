"""Moving one session of a course says what is no longer as wished, or takes the rest along."""

from shared import db
from tests.integration.booking.conftest import problem


def session(booked, number):
    return booked["sessions"][number - 1]["appointment"]


def at(course, clock_time, days):
    return course.franchise.at(clock_time, days).isoformat()


def recoveries():
    with db.transaction(db.EVERY_CLINIC) as tx:
        return tx.one("SELECT count(*) AS n FROM booking.recoveries WHERE active", {})["n"]


def test_move_within_the_wishes_says_nothing(course, desk):
    booked = course.booked()
    moved = desk.move(session(booked, 2), starts_at=at(course, "11:00", 37))
    assert moved.status_code == 200
    assert (moved.json["course_warnings"], moved.json["moved_along"]) == ([], [])
    assert course.days(course.show(booked)) == [0, 30, 60]


def test_move_of_one_session_warns_of_gaps_that_are_not_as_wished(course, desk):
    booked = course.booked(interval_days=40)
    moved = desk.move(session(booked, 2), starts_at=at(course, "10:00", 7 + 50)).json
    assert [(each["sessions"], each["days"]) for each in moved["course_warnings"]] == [([2, 3], 30)]
    assert moved["course_warnings"][0]["sentence"] == (
        "Sessions 2 and 3 are 30 days apart; 40 are wished."
    )
    last = desk.move(session(booked, 3), starts_at=at(course, "10:00", 7 + 120)).json
    assert last["course_warnings"][0]["sentence"] == (
        "Sessions 2 and 3 are 70 days apart; 54 should be the most."
    )


def test_move_that_presses_later_sessions_is_refused_and_names_the_way_out(course, desk):
    booked = course.booked()
    refused = desk.move(session(booked, 2), starts_at=at(course, "10:00", 7 + 40))
    assert problem(refused) == (422, "skin-recovering")
    assert refused.json["course"] == "shift"
    assert "Or move the rest of the course along" in refused.json["detail"]
    assert course.days(course.show(booked)) == [0, 30, 60]


def test_move_too_close_to_an_earlier_session_names_no_way_out(course, desk):
    booked = course.booked()
    refused = desk.move(session(booked, 2), starts_at=at(course, "10:00", 7 + 20))
    assert problem(refused) == (422, "skin-recovering")
    assert "course" not in refused.json


def test_shift_moves_all_later_sessions_by_as_many_days(course, desk, outbox):
    booked = course.booked(sessions=4)
    before = len(outbox())
    moved = desk.move(session(booked, 2), starts_at=at(course, "14:00", 7 + 40), course="shift")
    assert moved.status_code == 200, moved.json
    assert [each["course_number"] for each in moved.json["moved_along"]] == [3, 4]
    assert moved.json["course_warnings"] == []
    after = course.show(booked)
    assert course.days(after) == [0, 40, 70, 100]
    walls = [f"{each:%H:%M}" for each in course.walls(after)]
    assert walls == ["10:00", "14:00", "10:00", "10:00"]
    told = outbox()[before:]
    assert [each["type"] for each in told] == ["booking.appointment_moved.v1"] * 3
    assert [each["data"]["course_number"] for each in told] == [2, 3, 4]
    assert recoveries() == 4


def test_shift_may_take_the_day_that_the_next_session_leaves(course, desk):
    booked = course.booked()
    moved = desk.move(session(booked, 1), starts_at=at(course, "10:00", 7 + 30), course="shift")
    assert moved.status_code == 200, moved.json
    shown = course.show(booked)
    assert [each["appointment"]["version"] for each in shown["sessions"]] == [2, 2, 2]
    assert course.days(shown) == [0, 30, 60]


def test_shift_earlier_stays_out_of_the_recovery_of_earlier_sessions(course, desk):
    booked = course.booked()
    refused = desk.move(session(booked, 2), starts_at=at(course, "10:00", 27 + 7), course="shift")
    assert problem(refused) == (422, "skin-recovering")
    moved = desk.move(session(booked, 2), starts_at=at(course, "10:00", 28 + 7), course="shift")
    assert moved.status_code == 200
    assert course.days(course.show(booked)) == [0, 28, 58]


def test_shift_that_finds_no_time_for_one_moves_none(course, desk, franchise, outbox):
    booked = course.booked(latest_time="10:00", earliest_time="10:00", most_interval_days=30)
    for person in (franchise.priya, franchise.noor):
        desk.booked("10:00", 77, practitioner_id=person, client_id=franchise.a_client())
    before = len(outbox())
    refused = desk.move(session(booked, 2), starts_at=at(course, "10:00", 47), course="shift")
    assert problem(refused) == (409, "course-not-possible")
    second, third = refused.json["sessions"]
    assert (second["number"], second["sentence"]) == (2, None)
    assert third["reasons"][0] == "not_as_wished"
    assert course.days(course.show(booked)) == [0, 30, 60]
    assert len(outbox()) == before
    assert recoveries() == 5


def test_shift_keeps_to_the_wished_weekdays(course, desk, franchise):
    weekday = franchise.at("10:00", 7).astimezone(franchise.zone).isoweekday()
    booked = course.booked(interval_days=28, preferred_weekdays=[weekday])
    assert course.days(booked) == [0, 28, 56]
    moved = desk.move(session(booked, 2), starts_at=at(course, "10:00", 7 + 31), course="shift")
    assert moved.status_code == 200
    assert course.days(course.show(booked)) == [0, 31, 63]


def test_shift_to_another_practitioner_takes_the_rest_along_where_one_treats_all(
    course, desk, franchise
):
    booked = course.booked(same_practitioner=True)
    asked = {"practitioner_id": str(franchise.priya), "course": "shift"}
    moved = desk.move(session(booked, 2), starts_at=at(course, "10:00", 37), **asked).json
    assert moved["practitioner_name"] == "Priya"
    names = [each["practitioner_name"] for each in course.show(booked)["sessions"]]
    assert names == ["Noor", "Priya", "Priya"]


def test_sessions_that_are_over_stay_where_they_are(course, desk):
    booked = course.booked()
    desk.step(session(booked, 2), "cancel")
    moved = desk.move(session(booked, 1), starts_at=at(course, "10:00", 8), course="shift").json
    assert [each["course_number"] for each in moved["moved_along"]] == [3]
    shown = course.show(booked)["sessions"]
    assert shown[1]["starts_at"] == booked["sessions"][1]["starts_at"]


def test_only_a_session_of_a_course_can_take_others_along(desk, course):
    alone = desk.booked()
    refused = desk.move(alone, starts_at=at(course, "11:00", 7), course="shift")
    assert problem(refused) == (422, "not-in-course")
    moved = desk.move(alone, starts_at=at(course, "11:00", 7)).json
    assert (moved["course_id"], moved["course_warnings"], moved["moved_along"]) == (None, [], [])


def test_session_that_was_cancelled_cannot_take_others_along(desk, course):
    booked = course.booked()
    cancelled = desk.step(session(booked, 1), "cancel").json
    refused = desk.move(cancelled, starts_at=at(course, "10:00", 8), course="shift")
    assert problem(refused) == (409, "wrong-state")
