"""Rotas, single dates and absences, as managers keep them and the desk sees them."""

from datetime import date, timedelta

import pytest

from services.booking.usecases import practitioners
from shared import clock, db, ids
from tests import people
from tests.integration.booking.conftest import NINE_TO_SIX, a_practitioner, problem

MORNINGS = [{"week": 1, "weekday": day, "opens": "09:00", "closes": "12:00"} for day in range(1, 8)]


@pytest.fixture
def alice(api, franchise):
    return api("booking").as_(people.ALICE)


@pytest.fixture
def path(franchise):
    return f"/v1/clinics/{franchise.clinic}/practitioners/{franchise.priya}"


@pytest.fixture
def day(franchise):
    return franchise.at("10:00").astimezone(franchise.zone).date()


def tagged(version):
    return {"If-Match": f'"{version}"'}


def rotas_of(client, path):
    return client.get(f"{path}/rotas").json["items"]


def priyas(desk, franchise, days=7, **query):
    asked = desk.times(days=days, practitioner_id=franchise.priya, **query)
    return [each["starts_at"] for each in asked["times"]]


def add(alice, path, noun, **wanted):
    answer = alice.post(f"{path}/{noun}", json=wanted)
    assert answer.status_code == 201, answer.json
    return answer.json


def test_hours_of_a_practitioner_are_their_rota_without_end(alice, path):
    (rota,) = rotas_of(alice, path)
    assert (rota["valid_from"], rota["valid_until"], rota["every_weeks"]) == (None, None, 1)
    assert [{k: v for k, v in each.items() if k != "week"} for each in rota["hours"]] == NINE_TO_SIX
    changed = alice.patch(path, json={"hours": NINE_TO_SIX[:2]}, headers=tagged(1))
    assert changed.json["hours"] == NINE_TO_SIX[:2]
    (rota,) = rotas_of(alice, path)
    assert (len(rota["hours"]), rota["version"]) == (2, 2)


def test_new_rota_follows_the_one_that_was_ended(alice, desk, franchise, path, day):
    (rota,) = rotas_of(alice, path)
    one = f"{path}/rotas/{rota['id']}"
    wanted = {"valid_from": str(day), "hours": MORNINGS}
    assert problem(alice.post(f"{path}/rotas", json=wanted)) == (409, "rotas-overlap")
    ended = {"valid_until": str(day - timedelta(days=1))}
    assert alice.patch(one, json=ended).status_code == 428
    assert alice.patch(one, json=ended, headers=tagged(2)).status_code == 412
    assert alice.patch(one, json=ended, headers=tagged(1)).json["version"] == 2
    assert priyas(desk, franchise) == []
    made = add(alice, path, "rotas", **wanted)
    assert len(priyas(desk, franchise)) == 9
    assert len(priyas(desk, franchise, days=6)) == 33
    assert alice.get(path).json["hours"] == [
        {name: each[name] for name in ("weekday", "opens", "closes")} for each in MORNINGS
    ]
    assert [each["id"] for each in rotas_of(alice, path)] == [rota["id"], made["id"]]
    assert alice.get(f"{path}/rotas/{made['id']}").headers["ETag"] == '"1"'
    back = alice.patch(one, json={"valid_until": None}, headers=tagged(2))
    assert problem(back) == (409, "rotas-overlap")


def test_hours_set_after_a_rota_that_ends_begin_the_day_after(alice, path, day):
    (rota,) = rotas_of(alice, path)
    one = f"{path}/rotas/{rota['id']}"
    alice.patch(one, json={"valid_until": str(day)}, headers=tagged(1))
    assert alice.get(path).json["hours"] == []
    alice.patch(path, json={"hours": NINE_TO_SIX}, headers=tagged(2))
    assert rotas_of(alice, path)[1]["valid_from"] == str(day + timedelta(days=1))


def test_hours_of_an_old_copy_do_not_overwrite_a_rota_that_was_changed_meanwhile(alice, path):
    (rota,) = rotas_of(alice, path)
    seen = alice.get(path).headers["ETag"]
    mornings = {"hours": MORNINGS}
    changed = alice.patch(f"{path}/rotas/{rota['id']}", json=mornings, headers=tagged(1))
    assert changed.status_code == 200
    assert alice.get(path).headers["ETag"] != seen
    stale = alice.patch(path, json={"hours": NINE_TO_SIX}, headers={"If-Match": seen})
    assert stale.status_code == 412
    assert rotas_of(alice, path)[0]["hours"] == MORNINGS


def test_every_second_week_alternates(alice, desk, franchise, path, day):
    (rota,) = rotas_of(alice, path)
    removed = alice.delete(f"{path}/rotas/{rota['id']}", headers=tagged(1))
    assert removed.status_code == 204
    add(alice, path, "rotas", valid_from=str(day), every_weeks=2, hours=MORNINGS)
    worked = [len(priyas(desk, franchise, days=7 + 7 * n)) for n in range(4)]
    assert worked == [9, 0, 9, 0]


def test_rotas_come_in_pages(alice, path, day):
    (rota,) = rotas_of(alice, path)
    alice.patch(f"{path}/rotas/{rota['id']}", json={"valid_until": str(day)}, headers=tagged(1))
    for n in (1, 2):
        when = str(day + timedelta(days=n))
        add(alice, path, "rotas", valid_from=when, valid_until=when, hours=[])
    first = alice.get(f"{path}/rotas?limit=2").json
    second = alice.get(f"{path}/rotas?limit=2&cursor={first['next']}").json
    begins = [each["valid_from"] for each in first["items"] + second["items"]]
    assert begins == [None, *(str(day + timedelta(days=n)) for n in (1, 2))]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"valid_from": "2030-01-02", "valid_until": "2030-01-01"}, "rota-wrong"),
        ({"every_weeks": 2}, "rota-wrong"),
        ({"hours": [MORNINGS[0] | {"week": 2}]}, "rota-wrong"),
        ({"hours": [MORNINGS[0], MORNINGS[0]]}, "hours-wrong"),
        ({"hours": [MORNINGS[0] | {"closes": "08:00"}]}, "hours-wrong"),
        ({"every_weeks": 5}, "invalid"),
        ({"hours": [MORNINGS[0] | {"weekday": 0}]}, "invalid"),
        ({"valid_from": "0001-01-01"}, "invalid"),
    ],
)
def test_rota_that_cannot_be_right_is_refused(alice, path, changes, kind):
    answer = alice.post(f"{path}/rotas", json={"hours": MORNINGS} | changes)
    assert problem(answer) == (422, kind)


def test_rota_that_begins_in_ten_years_is_refused_when_made_and_when_changed(alice, path, day):
    (rota,) = rotas_of(alice, path)
    far = str(day.replace(year=day.year + 10, day=1))
    one, begins = f"{path}/rotas/{rota['id']}", {"valid_from": far}
    assert problem(alice.patch(one, json=begins, headers=tagged(1))) == (422, "day-out-of-reach")
    assert rotas_of(alice, path) == [rota]
    alice.patch(one, json={"valid_until": str(day)}, headers=tagged(1))
    answer = alice.post(f"{path}/rotas", json={"hours": MORNINGS, "valid_from": far})
    assert problem(answer) == (422, "day-out-of-reach")
    assert "more than five years ahead" in answer.json["detail"]
    assert len(rotas_of(alice, path)) == 1


def test_single_date_comes_before_the_rota(alice, desk, franchise, path, day):
    noon = [{"opens": "12:00", "closes": "14:00"}]
    made = add(alice, path, "exceptions", day=str(day), hours=noon)
    one = f"{path}/exceptions/{made['id']}"
    assert len(priyas(desk, franchise)) == 5
    again = alice.post(f"{path}/exceptions", json={"day": str(day), "hours": []})
    assert problem(again) == (409, "exception-exists")
    assert alice.patch(one, json={"hours": []}, headers=tagged(2)).status_code == 412
    assert alice.patch(one, json={"hours": []}, headers=tagged(1)).json["hours"] == []
    refused = desk.book(practitioner_id=franchise.priya)
    assert problem(refused) == (422, "outside-hours")
    assert "does not work at" in refused.json["detail"]
    assert alice.delete(one, headers=tagged(2)).status_code == 204
    assert len(priyas(desk, franchise)) == 33
    assert problem(alice.get(one)) == (404, "exception-unknown")


def test_absence_takes_a_person_from_every_clinic(api, alice, desk, franchise, path, day):
    with db.transaction(db.EVERY_CLINIC) as tx:
        practitioners.add(
            tx, franchise.lisbon, a_practitioner(franchise.priya, "Priya"), rota_id=ids.new()
        )
    charlie = api("booking").as_(people.CHARLIE)
    there = {
        "treatment_id": franchise.lisbon_treatment,
        "practitioner_id": franchise.priya,
        "from": str(day),
        "to": str(day + timedelta(days=1)),
    }

    def in_lisbon():
        found = charlie.get(f"/v1/clinics/{franchise.lisbon}/availability", query_string=there)
        return {date.fromisoformat(each["starts_at"][:10]) for each in found.json["times"]}

    assert in_lisbon() == {day, day + timedelta(days=1)}
    when = {"first_day": str(day), "last_day": str(day)}
    made = add(alice, path, "absences", **when, kind="leave")

    assert in_lisbon() == {day + timedelta(days=1)}
    told = desk.times(practitioner_id=franchise.priya, explain="true")
    assert {tuple(each["reasons"]) for each in told["refused"]} == {("practitioner_away",)}
    refused = desk.book(practitioner_id=franchise.priya)
    assert problem(refused) == (422, "outside-hours")
    assert refused.json["detail"].startswith("Priya is away on ")
    assert "leave" not in refused.text
    assert desk.book().status_code == 201  # Noor
    lisbons = f"/v1/clinics/{franchise.lisbon}/practitioners/{franchise.priya}"
    gone = charlie.delete(f"{lisbons}/absences/{made['id']}", headers=tagged(1))
    assert gone.status_code == 204
    assert in_lisbon() == {day, day + timedelta(days=1)}


def test_appointments_are_looked_at_wherever_an_absent_person_treats(
    alice, franchise, path, day, database
):
    with db.transaction(db.EVERY_CLINIC) as tx:
        practitioners.add(
            tx, franchise.lisbon, a_practitioner(franchise.priya, "Priya"), rota_id=ids.new()
        )
        tx.run("DELETE FROM booking.rechecks", {})
    add(alice, path, "absences", first_day=str(day), last_day=str(day))
    with db.transaction(db.EVERY_CLINIC) as tx:
        asked = tx.all("SELECT clinic_id, resource_id FROM booking.rechecks", {})
    assert {each["clinic_id"] for each in asked} == {franchise.clinic, franchise.lisbon}
    assert {each["resource_id"] for each in asked} == {franchise.priya}


def test_absence_is_changed_by_its_version(alice, desk, franchise, path, day):
    made = add(alice, path, "absences", first_day=str(day), last_day=str(day))
    assert made["kind"] == "other"
    one = f"{path}/absences/{made['id']}"
    longer = {"last_day": str(day + timedelta(days=1))}
    assert alice.patch(one, json=longer).status_code == 428
    assert alice.patch(one, json=longer, headers=tagged(1)).json["version"] == 2
    assert priyas(desk, franchise, days=8) == []
    assert alice.patch(one, json=longer, headers=tagged(1)).status_code == 412
    assert alice.get(one).json["last_day"] == longer["last_day"]
    (listed,) = alice.get(f"{path}/absences").json["items"]
    assert listed["id"] == made["id"]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"first_day": "2030-01-02", "last_day": "2030-01-01"}, "absence-wrong"),
        ({"first_day": "2028-01-01", "last_day": "2030-01-01"}, "absence-wrong"),
        ({"first_day": "2020-01-01", "last_day": "2020-01-02"}, "day-out-of-reach"),
        ({"first_day": "2150-01-01", "last_day": "2150-01-02"}, "day-out-of-reach"),
        ({"kind": "sick"}, "invalid"),
        ({"reason": "a cold"}, "invalid"),
    ],
)
def test_absence_that_cannot_be_right_is_refused(alice, path, day, changes, kind):
    wanted = {"first_day": str(day), "last_day": str(day)} | changes
    assert problem(alice.post(f"{path}/absences", json=wanted)) == (422, kind)


def test_days_show_rota_exception_and_absence_together(alice, desk, path, day):
    add(alice, path, "absences", first_day=str(day), last_day=str(day), kind="leave")
    off = add(alice, path, "exceptions", day=str(day + timedelta(days=1)), hours=[])
    query = {"from": str(day), "to": str(day + timedelta(days=2))}
    told = desk.client.get(f"{path}/days", query_string=query)
    assert "leave" not in told.text
    usual = [{"opens": "09:00", "closes": "18:00"}]
    assert [(each["hours"], each["away"]) for each in told.json["days"]] == [
        ([], True),
        ([], False),
        (usual, False),
    ]
    assert told.json["days"][1]["exception"] == {"id": off["id"], "version": 1}


def test_desk_sees_no_absences_and_plans_nothing(api, desk, franchise, path, day):
    bob = desk.client
    assert bob.get(f"{path}/absences").status_code == 403
    for noun, wanted in (
        ("rotas", {"hours": []}),
        ("exceptions", {"day": str(day), "hours": []}),
        ("absences", {"first_day": str(day), "last_day": str(day)}),
    ):
        assert bob.post(f"{path}/{noun}", json=wanted).status_code == 403
        charlie = api("booking").as_(people.CHARLIE)
        assert charlie.post(f"{path}/{noun}", json=wanted).status_code == 404


@pytest.mark.parametrize("noun", ["rotas", "exceptions", "absences"])
def test_what_is_not_there_cannot_be_changed(alice, franchise, path, noun):
    one = f"{path}/{noun}/{ids.new()}"
    body = {"hours": []} if noun != "absences" else {"kind": "leave"}
    assert alice.patch(one, json=body, headers=tagged(1)).status_code == 404
    assert alice.delete(one, headers=tagged(1)).status_code == 404
    nobody = f"/v1/clinics/{franchise.clinic}/practitioners/{ids.new()}"
    day = clock.now().date() + timedelta(days=3)
    wanted = {
        "rotas": {"hours": []},
        "exceptions": {"day": str(day), "hours": []},
        "absences": {"first_day": str(day), "last_day": str(day)},
    }[noun]
    answer = alice.post(f"{nobody}/{noun}", json=wanted)
    assert problem(answer) == (404, "practitioner-unknown")


def test_capacity_follows_the_rotas(alice, franchise, path):
    (rota,) = rotas_of(alice, path)
    alice.delete(f"{path}/rotas/{rota['id']}", headers=tagged(1))
    told = (
        "SELECT data FROM booking.outbox WHERE type = 'booking.clinic_changed.v1' "
        "ORDER BY position DESC LIMIT 1"
    )
    with db.transaction(db.EVERY_CLINIC) as tx:
        assert tx.one(told, {})["data"]["daily_capacity_minutes"] == 540
