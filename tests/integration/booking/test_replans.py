"""Disrupted appointments get another place: looked for, proposed, and taken in one call."""

from datetime import datetime, timedelta

import pytest

from services.booking.usecases import rooms
from shared import clock, db, ids
from tests import people
from tests.integration.booking.conftest import problem
from tests.integration.booking.dropouts import break_pen, look, pen_of, rows


def replan(desk, *items, key=None, **more):
    headers = {"Idempotency-Key": key} if key else {}
    path = f"/v1/clinics/{desk.franchise.clinic}/replans"
    return desk.client.post(path, json={"items": list(items)} | more, headers=headers)


def proposed(desk, **more):
    answer = replan(desk, dry_run=True, **more)
    assert answer.status_code == 200, answer.json
    return answer.json["results"]


def item(appointment, **where):
    return {"appointment_id": appointment["id"], "version": appointment["version"]} | where


def alternatives(desk, appointment, **query):
    path = f"/v1/appointments/{appointment['id']}/alternatives"
    answer = desk.client.get(path, query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json["items"]


def taken(appointment):
    with db.transaction(db.EVERY_CLINIC) as tx:
        found = tx.all(
            "SELECT resource_id FROM booking.allocations WHERE appointment_id = %(id)s AND active",
            {"id": appointment["id"]},
        )
    return {str(row["resource_id"]) for row in found}


@pytest.fixture
def broken(desk, franchise):
    """An appointment whose pen is unfit."""
    mine = desk.booked(practitioner_id=franchise.priya)
    break_pen(franchise, mine)
    return desk.show(mine)


def test_alternatives_begin_with_a_silent_swap_and_each_can_be_taken(desk, franchise, broken):
    found = alternatives(desk, broken, limit=6)
    assert [each["kind"] for each in found] == [
        "swap",
        "other_practitioner",
        "other_time",
        "other_time",
        "other_time",
        "other",
    ]
    assert found[1]["practitioner_id"] == str(franchise.noor)
    shown = broken
    for each in found:
        answer = replan(desk, each["item"] | {"version": shown["version"]})
        assert answer.status_code == 200, answer.json
        shown = answer.json["results"][0]["appointment"]
        for name in ("starts_at", "practitioner_id", "room_id", "device_id"):
            assert shown[name] == each[name]


def test_alternatives_are_looked_for_further_when_a_fortnight_gives_too_few(desk, franchise):
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run("UPDATE booking.opening_hours SET closes_minute = 600")  # one treatment a day
    mine = desk.booked("09:00", days=40, practitioner_id=franchise.priya)

    def furthest(limit):
        found = alternatives(desk, mine, limit=limit)
        ahead = [datetime.fromisoformat(each["starts_at"]) for each in found]
        return max(abs(each - franchise.at("09:00", days=40)) for each in ahead)

    assert furthest(5) < timedelta(days=7)
    assert timedelta(days=7, hours=2) < furthest(50) < timedelta(days=22)


def test_cancelled_appointment_has_no_alternatives(desk, broken):
    desk.step(broken, "cancel")
    answer = desk.client.get(f"/v1/appointments/{broken['id']}/alternatives")
    assert problem(answer) == (409, "wrong-state")
    assert problem(desk.client.get(f"/v1/appointments/{ids.new()}/alternatives"))[0] == 404


def test_swap_is_no_move_for_the_client(desk, franchise, broken, outbox):
    answer = replan(desk, item(broken, swap=True), reason="Pen 1 is broken")
    assert answer.status_code == 200, answer.json
    [result] = answer.json["results"]
    after = result["appointment"]
    assert result["outcome"] == "swapped"
    assert after == desk.show(broken)
    assert after["device_id"] != broken["device_id"]
    assert (after["status"], after["version"]) == (broken["status"], broken["version"] + 1)
    for name in ("starts_at", "ends_at", "practitioner_id", "room_id"):
        assert after[name] == broken[name]
    last = outbox()[-1]
    assert last["type"] == "booking.appointment_changed.v1"
    assert last["data"]["changed"] == ["device_id", "disrupted"]
    assert after["device_id"] in taken(after)
    assert broken["device_id"] not in taken(after)
    assert rows(broken)[0]["resolved_at"] is not None
    history = desk.client.get(f"/v1/appointments/{broken['id']}/changes").json["items"]
    assert history[-1]["reason"] == "Pen 1 is broken"
    assert history[-1]["changed_by"] == str(people.BOB.id)


def test_client_who_is_here_gets_another_pen(desk, broken):
    arrived = desk.step(broken, "arrive").json
    assert arrived["disrupted"] == ["device_unfit"]
    answer = replan(desk, item(arrived, swap=True))
    assert answer.json["results"][0]["appointment"]["status"] == "arrived"
    moved = replan(desk, item(desk.show(broken), practitioner_id=str(desk.franchise.noor)))
    assert problem(moved) == (409, "replan-refused")
    assert moved.json["results"][0]["problem"]["type"] == "wrong-state"


def test_swap_where_nothing_is_the_matter_changes_nothing(desk, outbox):
    mine = desk.booked()
    before = taken(mine)
    answer = replan(desk, item(mine, swap=True))
    assert answer.json["results"][0]["outcome"] == "unchanged"
    assert desk.show(mine)["version"] == 1
    assert taken(mine) == before
    assert len(outbox()) == 1


def test_replan_to_another_time_is_a_move_that_the_client_hears_of(desk, franchise, broken, outbox):
    to = franchise.at("15:00")
    answer = replan(desk, item(broken, starts_at=to.isoformat()))
    [result] = answer.json["results"]
    assert result["outcome"] == "moved"
    assert result["appointment"]["disrupted"] == []
    assert outbox()[-1]["type"] == "booking.appointment_moved.v1"


def test_two_appointments_can_change_places(desk, franchise):
    nine = desk.booked("09:00", practitioner_id=franchise.priya)
    ten = desk.booked("10:00", practitioner_id=franchise.priya, client_id=franchise.other)
    answer = replan(
        desk, item(nine, starts_at=ten["starts_at"]), item(ten, starts_at=nine["starts_at"])
    )
    assert answer.status_code == 200, answer.json
    assert desk.show(nine)["starts_at"] == ten["starts_at"]
    assert desk.show(ten)["starts_at"] == nine["starts_at"]


def test_when_one_cannot_go_nothing_changes_and_each_gets_its_answer(desk, franchise, outbox):
    nine = desk.booked("09:00", practitioner_id=franchise.priya)
    ten = desk.booked("10:00", practitioner_id=franchise.priya, client_id=franchise.other)
    before = len(outbox())
    night = franchise.at("23:00").isoformat()
    noon = franchise.at("12:00").isoformat()
    answer = replan(desk, item(nine, starts_at=noon), item(ten, starts_at=night))
    assert problem(answer) == (409, "replan-refused")
    assert [each["outcome"] for each in answer.json["results"]] == ["possible", "refused"]
    why = answer.json["results"][1]["problem"]
    assert (why["type"], why["reasons"][0]) == ("outside-hours", "outside_hours")
    assert "1 of 2 appointments cannot be re-planned" in answer.json["detail"]
    for each in (nine, ten):
        assert desk.show(each) == each
        assert len(taken(each)) == 4
    assert len(outbox()) == before


def test_old_version_and_unknown_appointment_refuse_the_whole_call(desk, franchise):
    mine = desk.booked()
    gone = {"id": str(ids.new()), "version": 1}
    answer = replan(desk, item(mine | {"version": 7}, swap=True), item(gone, swap=True))
    assert problem(answer) == (409, "replan-refused")
    types = [each["problem"]["type"] for each in answer.json["results"]]
    assert types == ["changed-meanwhile", "appointment-unknown"]


def test_same_replan_twice_is_done_once(desk, broken, outbox):
    first = replan(desk, item(broken, swap=True), key="swap-once")
    again = replan(desk, item(broken, swap=True), key="swap-once")
    assert first.json == again.json
    assert len([each for each in outbox() if "device_id" in each["data"]["changed"]]) == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": []},
        {"items": [{"appointment_id": str(ids.new()), "version": 1}]},
        {"items": [{"appointment_id": str(ids.new()), "swap": True}]},
        {"items": [{"appointment_id": "no id", "version": 1, "swap": True}]},
        {
            "items": [
                {
                    "appointment_id": str(ids.new()),
                    "version": 1,
                    "swap": True,
                    "starts_at": "2030-01-07T10:00:00Z",
                }
            ]
        },
        {"items": [{"appointment_id": str(people.BOB.id), "version": 1, "swap": True}] * 2},
        {"items": [{"appointment_id": str(ids.new()), "version": 1, "swap": True}] * 51},
        {"resource_id": str(ids.new())},
        {"dry_run": "perhaps"},
    ],
)
def test_replan_that_makes_no_sense_is_refused(desk, franchise, body):
    answer = desk.client.post(f"/v1/clinics/{franchise.clinic}/replans", json=body)
    assert problem(answer) == (422, "invalid")


def test_dry_run_proposes_and_changes_nothing(desk, franchise, broken, outbox):
    before = len(outbox())
    [result] = proposed(desk)
    assert result["outcome"] == "proposed"
    assert result["proposal"]["kind"] == "swap"
    assert result["proposal"]["item"] == {
        "appointment_id": broken["id"],
        "version": broken["version"],
        "room_id": broken["room_id"],
        "device_id": result["proposal"]["device_id"],
        "swap": True,
    }
    assert desk.show(broken) == broken
    assert len(outbox()) == before


def test_dry_run_of_a_day_gives_proposals_that_do_not_collide_and_can_be_sent_back(desk, franchise):
    booked = [
        desk.booked(f"{9 + n}:00", client_id=franchise.a_client(), practitioner_id=who)
        for n in range(4)
        for who in (franchise.priya, franchise.noor)
    ]
    with db.transaction(db.Scope.of([franchise.clinic])) as tx:
        current = rooms.find(tx, franchise.clinic, franchise.room_1, lock=True)
        rooms.change(tx, current, {"active": False})
    look()
    results = proposed(desk)
    assert len(results) == 4
    assert {each["outcome"] for each in results} == {"proposed"}
    # the other room is in use at all their times, so each must go to a time of its own
    starts = [each["proposal"]["starts_at"] for each in results]
    assert len(set(starts)) == 4
    answer = replan(desk, *[each["proposal"]["item"] for each in results], reason="Room 1 closed")
    assert answer.status_code == 200, answer.json
    for told, done in zip(results, answer.json["results"], strict=True):
        for name in ("starts_at", "practitioner_id", "room_id", "device_id"):
            assert done["appointment"][name] == told["proposal"][name]
    assert {tuple(desk.show(each)["disrupted"]) for each in booked} == {()}
    assert proposed(desk) == []


def test_dry_run_of_one_pen_in_a_span(desk, franchise):
    mine = desk.booked("10:00", practitioner_id=franchise.priya)
    pen, name = pen_of(franchise, mine)
    franchise.pen(pen, name=name, fit=False)
    look()
    assert len(proposed(desk, resource_id=pen)) == 1
    assert proposed(desk, resource_id=str(ids.new())) == []
    assert proposed(desk, **{"from": franchise.at("11:00").isoformat()}) == []


def test_dry_run_tells_what_cannot_be_proposed(desk, franchise, broken):
    gone = {"appointment_id": str(ids.new()), "version": 1}
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run("UPDATE booking.devices SET fit = FALSE")
    path = f"/v1/clinics/{franchise.clinic}/replans"
    asked = {"dry_run": True, "items": [item(broken), gone]}
    results = desk.client.post(path, json=asked).json["results"]
    assert [each["outcome"] for each in results] == ["nothing_free", "refused"]
    assert results[1]["problem"]["type"] == "appointment-unknown"


def test_swap_shortly_before_the_treatment_needs_no_notice(desk, franchise, broken):
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run("UPDATE booking.clinics SET lead_minutes = 100000")
    assert replan(desk, item(broken, swap=True)).status_code == 200
    later = replan(desk, item(desk.show(broken), starts_at=franchise.at("15:00").isoformat()))
    assert later.json["results"][0]["problem"]["type"] == "too-soon"


def test_headquarters_and_strangers_replan_nothing(api, franchise, broken):
    path = f"/v1/clinics/{franchise.clinic}/replans"
    body = {"items": [item(broken, swap=True)]}
    assert api("booking").as_(people.HANNA).post(path, json=body).status_code == 403
    assert api("booking").as_(people.CHARLIE).post(path, json=body).status_code == 404


def test_look_after_the_swap_finds_nothing_the_matter(desk, broken):
    replan(desk, item(broken, swap=True))
    look(clock.now() + timedelta(minutes=5))
    assert desk.show(broken)["disrupted"] == []


def test_replan_of_a_session_warns_of_gaps_that_its_course_did_not_wish(desk, course):
    booked = course.booked(interval_days=40)
    second = booked["sessions"][1]["appointment"]
    later = (datetime.fromisoformat(second["starts_at"]) + timedelta(days=10)).isoformat()
    alone = desk.booked("15:00", client_id=desk.franchise.other)
    to = desk.franchise.at("16:00").isoformat()
    items = item(second, starts_at=later), item(alone, starts_at=to)
    moved, other = replan(desk, *items).json["results"]
    assert [(each["sessions"], each["days"]) for each in moved["course_warnings"]] == [([2, 3], 30)]
    assert other["course_warnings"] == []


def test_two_sessions_replanned_together_are_judged_where_they_end(desk, course):
    booked = course.booked(interval_days=40)
    shifted = [
        item(
            each["appointment"],
            starts_at=(datetime.fromisoformat(each["starts_at"]) + timedelta(days=14)).isoformat(),
        )
        for each in booked["sessions"][1:]
    ]
    results = replan(desk, *shifted).json["results"]
    assert [each["outcome"] for each in results] == ["moved", "moved"]
    assert [each["course_warnings"] for each in results] == [[], []]
