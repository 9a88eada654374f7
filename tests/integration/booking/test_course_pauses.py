"""The desk sees which sessions of a paused course cannot take place."""

from tests.integration.booking.dropouts import look
from tests.integration.booking.test_courses_afterwards import severe


def test_sessions_of_a_paused_course_are_marked_wherever_they_are_moved(course, desk, franchise):
    booked = course.booked()
    first, second, third = (each["appointment"] for each in booked["sessions"])
    severe(franchise)
    look()
    listed = desk.client.get(f"/v1/clinics/{franchise.clinic}/disruptions").json["items"]
    assert [(each["appointment"]["id"], each["kinds"]) for each in listed] == [
        (each["id"], ["course_paused"]) for each in (first, second, third)
    ]
    assert "paused" in listed[0]["sentence"]
    moved = desk.move(desk.show(third), starts_at=franchise.at("15:00", 90).isoformat())
    assert (moved.status_code, moved.json["disrupted"]) == (200, ["course_paused"]), moved.json
    desk.step(second, "cancel")
    undone = desk.client.post(f"/v1/appointments/{second['id']}/undo")
    assert undone.status_code == 200, undone.json
    look()
    assert desk.show(second)["disrupted"] == ["course_paused"]
    course.change(course.show(booked), status="active")
    look()
    assert [desk.show(each)["disrupted"] for each in (first, second, third)] == [[], [], []]


def test_a_day_that_is_replanned_leaves_paused_sessions_where_they_are(course, desk, franchise):
    course.booked()
    severe(franchise)
    look()
    path = f"/v1/clinics/{franchise.clinic}/replans"
    span = {"from": franchise.at("00:00").isoformat()}
    span["to"] = franchise.at("23:00").isoformat()
    answer = desk.client.post(path, json={"dry_run": True, **span})
    assert (answer.status_code, answer.json["results"]) == (200, []), answer.json
