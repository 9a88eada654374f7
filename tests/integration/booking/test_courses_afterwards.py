"""What becomes of a course: cancelled, finished, paused, erased."""

import threading

import pytest

from shared import clock, ids
from tests import people
from tests.integration.booking.charges import charging, lines
from tests.integration.booking.conftest import problem


def test_cancelling_frees_what_is_to_come_and_keeps_what_was_done(course, desk, outbox):
    booked = course.booked()
    first = booked["sessions"][0]["appointment"]
    desk.step(first, "arrive")
    desk.step(first, "complete")
    answer = course.cancel(booked, json={"reason": "moves abroad"})
    assert answer.status_code == 200
    states = [each["appointment"]["status"] for each in answer.json["sessions"]]
    assert states == ["completed", "cancelled", "cancelled"]
    assert (answer.json["status"], answer.json["completed_sessions"]) == ("cancelled", 1)
    happened = [(each["happened"], each["reason"]) for each in answer.json["changes"]]
    assert happened == [("booked", None), ("cancelled", "moves abroad")]
    before = len(outbox())
    assert course.cancel(booked).json["version"] == answer.json["version"]
    assert len(outbox()) == before


def test_session_whose_cancellation_was_undone_is_cancelled_with_the_course_again(course, desk):
    booked = course.booked()
    course.cancel(booked)
    desk.step(booked["sessions"][1]["appointment"], "undo")
    states = [each["appointment"]["status"] for each in course.show(booked)["sessions"]]
    assert states == ["cancelled", "booked", "cancelled"]
    again = course.cancel(booked)
    assert (again.status_code, again.json["status"]) == (200, "cancelled")
    assert {each["appointment"]["status"] for each in again.json["sessions"]} == {"cancelled"}


def test_cancelling_late_costs_the_fee_of_the_sessions_that_are_near(course, desk, franchise):
    charging(franchise, cancel_notice_minutes=43_200)
    booked = course.booked()
    course.cancel(booked, json={"by": "client"})
    charged = [lines(desk.client, each["appointment"]) for each in booked["sessions"]]
    assert charged == [[("late_fee", 9000)], [], []]
    ours = course.booked()
    course.cancel(ours, json={"by": "clinic"})
    assert [lines(desk.client, each["appointment"]) for each in ours["sessions"]] == [[]] * 3


def test_client_registered_this_moment_is_waited_for(patient, course, franchise):
    client_id = ids.new()
    course.page()  # the application is made before others use its pool
    news = threading.Timer(0.3, franchise.a_client, kwargs={"client_id": client_id})
    news.start()
    try:
        assert course.booked(client_id=str(client_id))["client_id"] == str(client_id)
    finally:
        news.join()


def test_course_is_finished_when_nothing_is_to_come(course, desk):
    booked = course.booked(sessions=2)
    first, second = (each["appointment"] for each in booked["sessions"])
    desk.step(first, "arrive")
    desk.step(first, "complete")
    assert course.show(booked)["status"] == "active"
    desk.step(second, "cancel")
    shown = course.show(booked)
    assert (shown["status"], shown["completed_sessions"]) == ("finished", 1)
    assert problem(course.cancel(booked)) == (409, "course-over")


def test_cancelling_one_session_leaves_the_others(course, desk):
    booked = course.booked()
    desk.step(booked["sessions"][1]["appointment"], "cancel")
    states = [each["appointment"]["status"] for each in course.show(booked)["sessions"]]
    assert states == ["booked", "cancelled", "booked"]


def test_erased_clients_course_is_over_and_keeps_no_words(course, franchise):
    booked = course.booked()
    asked = {"status": "paused", "reason": "Iris Story rang"}
    assert course.change(booked, **asked).json["changes"][-1]["reason"] == "Iris Story rang"
    told = {"client_id": str(franchise.client), "clinic_id": str(franchise.clinic)}
    franchise.hear("client_records.client_erased.v1", told, subject=franchise.client)
    shown = course.show(booked)
    assert {each["appointment"]["status"] for each in shown["sessions"]} == {"cancelled"}
    assert [each["reason"] for each in shown["changes"]] == [None, None]


def test_unknown_and_foreign_courses_are_not_there(course, api):
    booked = course.booked()
    charlie = api("booking").as_(people.CHARLIE)
    assert charlie.get(f"/v1/courses/{booked['id']}").status_code == 404
    assert charlie.post(f"/v1/courses/{booked['id']}/cancel").status_code == 404
    assert problem(course.desk.client.get(f"/v1/courses/{course.franchise.priya}")) == (
        404,
        "course-unknown",
    )


def severe(franchise, severity="urgent"):
    franchise.hear(
        "client_records.adverse_event_reported.v1",
        {
            "adverse_event_id": str(franchise.pen_1),
            "clinic_id": str(franchise.clinic),
            "client_id": str(franchise.client),
            "session_id": None,
            "severity": severity,
            "reply_due_at": clock.now().isoformat(),
            "seen_due_at": clock.now().isoformat(),
            "cartridge_lot": None,
            "device_id": None,
        },
    )


def test_severe_side_effect_stops_the_rest_until_a_practitioner_resumes_it(course, desk, franchise):
    booked = course.booked()
    first = booked["sessions"][0]["appointment"]
    severe(franchise)
    paused = course.show(booked)
    assert paused["status"] == "paused"
    assert [each["id"] for each in course.page(status="paused")] == [booked["id"]]
    assert problem(desk.step(first, "arrive")) == (409, "course-paused")
    resumed = course.change(paused, status="active", reason="seen, may go on")
    assert (resumed.status_code, resumed.json["status"]) == (200, "active")
    assert [each["happened"] for each in resumed.json["changes"]] == ["booked", "paused", "resumed"]
    assert desk.step(first, "arrive").status_code == 200


@pytest.mark.parametrize("severity", ["expected", "watch"])
def test_mild_side_effect_stops_nothing(course, franchise, severity):
    booked = course.booked()
    severe(franchise, severity)
    assert course.show(booked)["status"] == "active"


def test_only_a_practitioner_lets_a_course_go_on(course, franchise):
    booked = course.booked()
    severe(franchise)
    paused = course.show(booked)
    assert course.change(paused, by=people.BOB, status="active").status_code == 403
    assert problem(course.change(booked, status="active"))[0] == 412
    assert course.change(paused, status="paused").json["version"] == paused["version"]


def test_cancelled_course_cannot_go_on(course):
    cancelled = course.cancel(course.booked()).json
    assert problem(course.change(cancelled, status="active")) == (409, "course-over")
