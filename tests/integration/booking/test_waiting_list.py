"""Joining the waiting list, changing one's mind, and what is refused."""

import pytest

from shared import ids
from tests import people
from tests.integration.booking.conftest import problem

FOR_EVER = "2199-01-01"


def test_who_joins_is_on_the_list_with_what_they_said(line, franchise):
    entry = line.join(weekdays=[1, 3, 1], notice_minutes=120)
    assert entry["status"] == "waiting"
    assert entry["weekdays"] == [1, 3]
    assert (entry["earliest_time"], entry["latest_time"]) == ("10:00", "10:00")
    assert entry["offer_id"] is None
    assert line.shown(entry) == entry


def test_who_says_nothing_waits_for_any_time_as_far_as_the_clinic_plans(line, franchise):
    said = {"client_id": str(franchise.client), "treatment_id": str(franchise.treatment)}
    path = f"/v1/clinics/{franchise.clinic}/waiting-list"
    entry = line.desk.client.post(path, json=said).json
    assert entry["weekdays"] == [1, 2, 3, 4, 5, 6, 7]
    assert (entry["earliest_time"], entry["latest_time"]) == ("00:00", "24:00")
    assert (entry["from_day"], entry["until_day"]) == ("2030-01-07", "2031-01-07")


def test_the_list_shows_who_came_first_first_and_can_be_asked_by_status(line, franchise, hands):
    first = line.join()
    hands.on(seconds=1)
    second = line.join(client_id=franchise.other)
    line.withdraw(first)
    path = f"/v1/clinics/{franchise.clinic}/waiting-list"
    page = line.desk.client.get(path, query_string={"limit": 1}).json
    rest = line.desk.client.get(path, query_string={"limit": 1, "cursor": page["next"]}).json
    assert [each["id"] for each in page["items"] + rest["items"]] == [first["id"], second["id"]]
    waiting = line.desk.client.get(path, query_string={"status": "waiting"}).json["items"]
    assert [each["id"] for each in waiting] == [second["id"]]


def test_nobody_waits_twice_for_the_same_treatment(line, franchise):
    entry = line.join()
    assert problem(line.ask("11:00")) == (409, "waits-already")
    line.join(treatment_id=franchise.peel)
    line.withdraw(entry)
    assert line.join("11:00")["status"] == "waiting"


def test_the_same_request_twice_is_one_entry(line, franchise):
    path, wanted = f"/v1/clinics/{franchise.clinic}/waiting-list", line.wishes()
    headers = {"Idempotency-Key": "once"}
    answers = [line.desk.client.post(path, json=wanted, headers=headers) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json["id"] == answers[1].json["id"]


def test_who_must_not_be_treated_does_not_wait(line):
    line.screened("refuse")
    assert problem(line.ask()) == (422, "screening-refused")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"from_day": "2031-06-01", "until_day": "2031-07-01"}, (422, "too-far-ahead")),
        ({"from_day": "2030-01-01", "until_day": "2030-01-06"}, (422, "in-the-past")),
        ({"from_day": "2030-02-02", "until_day": "2030-02-01"}, (422, "wishes-wrong")),
        ({"earliest_time": "12:00", "latest_time": "11:00"}, (422, "wishes-wrong")),
        (
            {"from_day": "2030-01-08", "until_day": "2030-01-09", "weekdays": [1]},
            (422, "wishes-wrong"),
        ),
        ({"priority": 1}, (422, "priority-unexplained")),
        ({"priority": 3, "priority_reason": "a"}, (422, "invalid")),
        ({"weekdays": []}, (422, "invalid")),
        ({"weekdays": [8]}, (422, "invalid")),
        ({"earliest_time": "25:00"}, (422, "invalid")),
        ({"from_day": "0001-01-01"}, (422, "invalid")),
        ({"until_day": "9999-12-31"}, (422, "invalid")),
        ({"notice_minutes": -1}, (422, "invalid")),
        ({"client_id": str(ids.new())}, (404, "client-unknown")),
        ({"treatment_id": str(ids.new())}, (404, "treatment-unknown")),
        ({"practitioner_id": str(ids.new())}, (404, "practitioner-unknown")),
        ({"appointment_id": str(ids.new())}, (422, "appointment-differs")),
    ],
)
def test_wishes_that_nothing_can_meet_are_refused(line, changes, refusal):
    answer = line.ask(**changes)
    assert answer.status_code == refusal[0], answer.json
    if refusal[1] != "invalid":
        assert problem(answer) == refusal
    path = f"/v1/clinics/{line.franchise.clinic}/waiting-list"
    assert line.desk.client.get(path).json["items"] == []


def test_days_far_away_are_no_trouble(line):
    assert line.join(until_day=FOR_EVER)["until_day"] == FOR_EVER


def test_only_a_client_s_own_appointment_for_the_treatment_can_be_given_up(line, franchise):
    theirs = line.desk.booked("12:00", client_id=franchise.other)
    assert problem(line.ask(appointment_id=theirs["id"])) == (422, "appointment-differs")
    over = line.desk.booked("14:00")
    line.cancel(over)
    assert problem(line.ask(appointment_id=over["id"])) == (422, "appointment-differs")
    own = line.desk.booked("15:00")
    assert line.join(appointment_id=own["id"])["appointment_id"] == own["id"]


def test_wishes_are_changed_by_who_has_seen_them(line, franchise):
    entry = line.join()
    path = f"/v1/waiting-list/{entry['id']}"
    unseen = line.desk.client.patch(path, json={"priority": 0})
    assert unseen.status_code == 428
    stale = line.desk.client.patch(path, json={"priority": 0}, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    changed = line.change(entry, latest_time="16:00", practitioner_id=None, weekdays=[2])
    assert changed.status_code == 422  # the one day is a Monday
    changed = line.change(entry, latest_time="16:00", practitioner_id=None).json
    assert (changed["latest_time"], changed["practitioner_id"]) == ("16:00", None)
    assert changed["version"] == entry["version"] + 1
    assert problem(line.change(entry, practitioner_id=str(ids.new())))[0] == 404
    assert problem(line.change(entry, priority=2)) == (422, "priority-unexplained")
    first = line.change(entry, priority=2, priority_reason="Leaves the country").json
    assert (first["priority"], first["priority_reason"]) == (2, "Leaves the country")


def test_who_withdrew_waits_no_longer(line):
    entry = line.join()
    assert line.desk.client.delete(f"/v1/waiting-list/{entry['id']}").status_code == 428
    assert line.withdraw(entry).status_code == 204
    assert line.withdraw(entry).status_code == 204
    assert line.statuses(entry) == ["withdrawn"]
    assert problem(line.change(entry, latest_time="16:00")) == (409, "waits-no-longer")


def test_an_entry_ends_with_its_last_day_by_the_clinic_s_clock(line, hands):
    entry = line.join(days=1)
    hands.at = line.franchise.at("23:59", 1)
    line.turn()
    assert line.statuses(entry) == ["waiting"]
    hands.on(minutes=1)
    line.turn()
    assert line.statuses(entry) == ["expired"]


def test_an_erased_client_waits_for_nothing(line, franchise):
    entry = line.join(priority=2, priority_reason="Leaves the country")
    told = {"client_id": str(franchise.client), "clinic_id": str(franchise.clinic)}
    franchise.hear("client_records.client_erased.v1", told, subject=franchise.client)
    assert line.statuses(entry) == ["withdrawn"]
    assert line.shown(entry)["priority_reason"] is None


def test_another_clinic_sees_nothing_of_the_list(line, api):
    entry = line.join()
    charlie = api("booking").as_(people.CHARLIE)
    assert charlie.get(f"/v1/waiting-list/{entry['id']}").status_code == 404
    assert charlie.get(f"/v1/waiting-list/{entry['id']}/offers").status_code == 404
    tag = {"If-Match": '"1"'}
    assert charlie.delete(f"/v1/waiting-list/{entry['id']}", headers=tag).status_code == 404
    assert charlie.post(f"/v1/offers/{entry['id']}/accept").status_code == 404
    assert charlie.get(f"/v1/clinics/{line.franchise.clinic}/waiting-list").status_code == 404
