"""A device, practitioner, room or clinic drops out: its appointments are marked, once."""

from datetime import timedelta

import pytest

from services.booking.usecases import clinics, disruptions, practitioners
from shared import clock, db, ids
from tests import people
from tests.integration.booking.conftest import NINE_TO_SIX, problem
from tests.integration.booking.dropouts import break_pen, look, pen_of, rows

MORNINGS = [{"weekday": day, "opens": "09:00", "closes": "10:00"} for day in range(1, 8)]


def changed(outbox, appointment):
    """Return the events that say the appointment's disruptions changed, by their kinds."""
    return [
        each["data"]["disrupted"]
        for each in outbox()
        if each["subject"].hex == appointment["id"].replace("-", "")
        and each["data"]["changed"] == ["disrupted"]
    ]


@pytest.fixture
def alice(api):
    return api("booking").as_(people.ALICE)


def change(alice, franchise, noun, thing, **changes):
    path = f"/v1/clinics/{franchise.clinic}/{noun}/{thing}"
    tag = alice.get(path).headers["ETag"]
    answer = alice.patch(path, json=changes, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.json
    return answer.json


def test_unfit_pen_marks_its_appointment_and_no_other(desk, franchise, outbox):
    mine, other = desk.booked(), desk.booked(client_id=franchise.other)
    pen, name = pen_of(franchise, mine)
    franchise.pen(pen, name=name, fit=False, reasons=["calibration_due"])
    look()
    shown = desk.show(mine)
    assert (shown["disrupted"], shown["version"]) == (["device_unfit"], 2)
    assert [each["detail"] for each in rows(mine)] == [f"{name} is not fit for use."]
    assert desk.show(other)["disrupted"] == []
    assert changed(outbox, mine) == [["device_unfit"]]
    assert changed(outbox, other) == []


def test_pen_that_is_fit_again_frees_its_appointment_of_the_mark(desk, franchise, outbox):
    mine = desk.booked()
    pen, name = pen_of(franchise, mine)
    franchise.pen(pen, name=name, fit=False)
    look()
    franchise.pen(pen, name=name)
    look()
    assert desk.show(mine)["disrupted"] == []
    assert rows(mine)[0]["resolved_at"] is not None
    assert changed(outbox, mine) == [["device_unfit"], []]


def test_pen_that_flaps_fifty_times_is_told_as_it_ends(desk, franchise, outbox):
    mine = desk.booked()
    pen, name = pen_of(franchise, mine)
    for turn in range(50):
        franchise.pen(pen, name=name, fit=False)
        if turn % 7 == 0:
            look()
        franchise.pen(pen, name=name, fit=turn == 49)
        if turn % 5 == 0:
            look()
        still_open = [each for each in rows(mine) if each["resolved_at"] is None]
        assert len(still_open) <= 1
    assert len(rows(mine)) == 1
    look()
    assert [each["resolved_at"] is None for each in rows(mine)] == [False]
    assert changed(outbox, mine) == [["device_unfit"], []]
    assert desk.show(mine)["disrupted"] == []


def test_looking_again_and_again_tells_nothing_new(desk, franchise, outbox):
    mine = desk.booked()
    pen, name = pen_of(franchise, mine)
    franchise.pen(pen, name=name, fit=False)
    look()
    for _ in range(3):
        with db.transaction(db.Scope.of([franchise.clinic])) as tx:
            disruptions.look_again(tx, franchise.clinic)
        look()
    assert desk.show(mine)["version"] == 2
    assert len(outbox()) == 2


@pytest.mark.parametrize("told", [{"status": "retired"}, {"clinic_id": people.LISBON.id}])
def test_pen_that_went_is_told_as_gone(desk, franchise, told):
    mine = desk.booked()
    pen, name = pen_of(franchise, mine)
    franchise.pen(pen, name=name, **told)
    look()
    assert desk.show(mine)["disrupted"] == ["device_gone"]


def test_pen_asleep_is_missed_only_when_its_appointment_is_near(desk, franchise):
    mine = desk.booked("10:00")
    pen, name = pen_of(franchise, mine)
    franchise.pen(pen, name=name, status="offline")
    look()
    assert desk.show(mine)["disrupted"] == []
    near = franchise.at("10:00") - timedelta(hours=1, minutes=59)
    look(near)
    assert desk.show(mine)["disrupted"] == ["device_unfit"]
    assert rows(mine)[0]["detail"] == f"{name} is off line."
    franchise.pen(pen, name=name)
    look(near)
    assert desk.show(mine)["disrupted"] == []


def test_a_closed_clinics_pens_are_not_asked_for_without_end(desk, franchise):
    mine = desk.booked("10:00")
    pen, name = pen_of(franchise, mine)
    franchise.pen(pen, name=name, status="offline")
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run("UPDATE booking.clinics SET active = FALSE")
    near = franchise.at("10:00") - timedelta(hours=1)
    look(near)
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run("DELETE FROM booking.rechecks")
        disruptions.watch_sleepers(tx, near)
        assert tx.all("SELECT resource_id FROM booking.rechecks") == []


def test_working_pen_asks_for_no_look(desk, franchise):
    pen, name = pen_of(franchise, desk.booked())
    look(clock.now() + timedelta(minutes=5))
    franchise.pen(pen, name=name, status="needling")
    franchise.pen(pen, name=name, status="idle")
    with db.transaction(db.EVERY_CLINIC) as tx:
        assert tx.all("SELECT * FROM booking.rechecks", {}) == []


@pytest.mark.parametrize(
    ("noun", "changes", "kind"),
    [
        ("practitioners", {"hours": MORNINGS}, "practitioner_away"),
        ("practitioners", {"active": False}, "practitioner_left"),
        ("practitioners", {"valid_until": "2020-01-01"}, "credential_ends"),
        ("treatments", {"depth_um": 3000}, "credential_ends"),
        ("treatments", {"device_models": ["Pen 9"]}, "device_unfit"),
        ("treatments", {"room_kind": "surgery"}, "room_closed"),
        ("rooms", {"active": False}, "room_closed"),
        ("rooms", {"kind": "laundry"}, "room_closed"),
    ],
)
def test_manager_changes_the_catalogue_and_the_desk_sees_who_is_hit(
    alice, desk, franchise, noun, changes, kind
):
    mine = desk.booked()
    thing = mine[f"{noun.removesuffix('s')}_id"]
    change(alice, franchise, noun, thing, **changes)
    assert desk.show(mine)["disrupted"] == []  # the manager does not wait for it
    look()
    assert desk.show(mine)["disrupted"] == [kind]


def test_clinic_that_shortens_its_hours_hits_everybody_outside(desk, franchise):
    early, late = desk.booked("09:00"), desk.booked("15:00", client_id=franchise.other)
    with db.transaction(db.Scope.of([franchise.clinic])) as tx:
        clinics.change(tx, clinics.find(tx, franchise.clinic, lock=True), {"hours": MORNINGS})
    look()
    assert desk.show(early)["disrupted"] == []
    assert desk.show(late)["disrupted"] == ["outside_hours"]
    with db.transaction(db.Scope.of([franchise.clinic])) as tx:
        clinics.change(tx, clinics.find(tx, franchise.clinic, lock=True), {"hours": NINE_TO_SIX})
    look()
    assert desk.show(late)["disrupted"] == []


def test_whoever_left_leaves_marked_appointments_behind(desk, franchise):
    mine = desk.booked(practitioner_id=franchise.priya)
    with db.transaction(db.EVERY_CLINIC) as tx:
        practitioners.staff_changed(tx, franchise.priya, None, active=False)
    look()
    assert desk.show(mine)["disrupted"] == ["practitioner_left"]


@pytest.mark.parametrize(
    ("outcome", "kind"), [("refuse", "screening_refused"), ("defer", "screening_deferred")]
)
def test_screening_that_says_no_marks_the_appointment(desk, franchise, outcome, kind):
    mine = desk.booked()
    told = {
        "client_id": mine["client_id"],
        "clinic_id": str(franchise.clinic),
        "treatment_id": mine["treatment_id"],
        "screening_id": str(ids.new()),
        "outcome": outcome,
        "not_before": None,
        "rules": [],
        "decided_at": clock.now().isoformat(),
        "appointment_id": None,
    }
    franchise.hear("client_records.screening_decided.v1", told)
    look()
    assert desk.show(mine)["disrupted"] == [kind]


@pytest.mark.parametrize("step", ["move", "cancel"])
def test_mark_goes_with_a_move_or_a_cancellation(desk, franchise, outbox, step):
    mine = desk.booked()
    break_pen(franchise, mine)
    shown = desk.show(mine)
    if step == "move":
        answer = desk.move(shown, starts_at=franchise.at("14:00").isoformat())
    else:
        answer = desk.step(shown, "cancel")
    assert answer.status_code == 200, answer.json
    assert answer.json["disrupted"] == []
    assert desk.show(mine)["disrupted"] == []
    assert rows(mine)[0]["resolved_at"] is not None
    assert outbox()[-1]["data"]["disrupted"] == []


def test_appointment_booked_while_the_pen_failed_is_found_at_the_second_look(desk, franchise):
    for pen, name in ((franchise.pen_1, "Pen 1"), (franchise.pen_2, "Pen 2")):
        franchise.pen(pen, name=name, fit=False)
    look()  # the first look finds nothing: the booking below had read that the pens were fit
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run("UPDATE booking.devices SET fit = TRUE")
    mine = desk.booked()
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run("UPDATE booking.devices SET fit = FALSE")
    look()
    assert desk.show(mine)["disrupted"] == []
    look(clock.now() + timedelta(minutes=2))
    assert desk.show(mine)["disrupted"] == ["device_unfit"]
    with db.transaction(db.EVERY_CLINIC) as tx:
        assert tx.all("SELECT * FROM booking.rechecks", {}) == []


def test_hundreds_of_appointments_are_looked_at_batch_by_batch(desk, franchise, monkeypatch):
    monkeypatch.setattr(disruptions, "BATCH", 2)
    booked = [
        desk.booked(f"{9 + n}:00", practitioner_id=franchise.priya, client_id=franchise.a_client())
        for n in range(5)
    ]
    with db.transaction(db.EVERY_CLINIC) as tx:
        practitioners.staff_changed(tx, franchise.priya, None, active=False)
    look()
    assert {tuple(desk.show(each)["disrupted"]) for each in booked} == {("practitioner_left",)}
    assert {desk.show(each)["version"] for each in booked} == {2}


def test_one_person_does_not_wait_for_a_whole_clinic(desk, franchise, monkeypatch):
    monkeypatch.setattr(disruptions, "BATCH", 1)
    booked = [
        desk.booked(f"{9 + n}:00", client_id=franchise.a_client(), practitioner_id=franchise.priya)
        for n in range(6)
    ]
    mine = desk.booked("17:00", client_id=franchise.a_client(), practitioner_id=franchise.noor)
    with db.transaction(db.Scope.of([franchise.clinic])) as tx:
        tx.run("UPDATE booking.practitioners SET active = FALSE")
        disruptions.look_again(tx, franchise.clinic)
        disruptions.look_again(tx, franchise.clinic, resource_id=franchise.noor)
    for _ in range(4):
        with db.transaction(db.EVERY_CLINIC) as tx:
            disruptions.look(tx, clock.now())
    assert desk.show(mine)["disrupted"] == ["practitioner_left"]
    assert desk.show(booked[-1])["disrupted"] == []
    look()
    assert desk.show(booked[-1])["disrupted"] == ["practitioner_left"]


def test_list_can_show_only_what_is_disrupted(desk, franchise):
    mine, other = desk.booked(), desk.booked(client_id=franchise.other)
    break_pen(franchise, mine)
    day = franchise.at("12:00").date().isoformat()
    path = f"/v1/clinics/{franchise.clinic}/appointments?from={day}&to={day}"
    listed = {
        asked: [each["id"] for each in desk.client.get(f"{path}{asked}").json["items"]]
        for asked in ("", "&disrupted=true", "&disrupted=false")
    }
    assert set(listed[""]) == {mine["id"], other["id"]}
    assert listed["&disrupted=true"] == [mine["id"]]
    assert listed["&disrupted=false"] == [other["id"]]
    assert problem(desk.client.get(f"{path}&disrupted=perhaps"))[0] == 422


def test_disruptions_are_listed_by_time_with_a_sentence(desk, franchise, alice):
    late = desk.booked("15:00", practitioner_id=franchise.priya)
    early = desk.booked("09:00", client_id=franchise.other, practitioner_id=franchise.priya)
    desk.booked("12:00", client_id=franchise.a_client(), practitioner_id=franchise.noor)
    change(alice, franchise, "practitioners", franchise.priya, active=False)
    look()
    path = f"/v1/clinics/{franchise.clinic}/disruptions"
    first = desk.client.get(path, query_string={"limit": 1}).json
    assert [each["appointment"]["id"] for each in first["items"]] == [early["id"]]
    assert first["items"][0]["kinds"] == ["practitioner_left"]
    assert first["items"][0]["sentence"] == "Priya does not practise here any more."
    assert first["items"][0]["appointment"]["disrupted"] == ["practitioner_left"]
    rest = desk.client.get(path, query_string={"limit": 1, "cursor": first["next"]}).json
    assert [each["appointment"]["id"] for each in rest["items"]] == [late["id"]]
    assert rest["next"] is None


def test_disruptions_of_one_room_in_one_span(desk, franchise, alice):
    mine = desk.booked("10:00")
    other = desk.booked("10:00", client_id=franchise.other)
    for room in (mine["room_id"], other["room_id"]):
        change(alice, franchise, "rooms", room, active=False)
    look()
    path = f"/v1/clinics/{franchise.clinic}/disruptions"

    def listed(**query):
        items = desk.client.get(path, query_string=query).json["items"]
        return {each["appointment"]["id"] for each in items}

    assert listed() == {mine["id"], other["id"]}
    assert listed(resource_id=mine["room_id"]) == {mine["id"]}
    assert listed(to=franchise.at("10:00").isoformat()) == set()
    assert listed(**{"from": franchise.at("10:00").isoformat()}) == {mine["id"], other["id"]}


def test_another_clinic_sees_no_disruption_of_soho(api, desk, franchise):
    mine = desk.booked()
    break_pen(franchise, mine)
    charlie = api("booking").as_(people.CHARLIE)
    assert charlie.get(f"/v1/clinics/{franchise.clinic}/disruptions").status_code == 404
    assert charlie.get(f"/v1/appointments/{mine['id']}/alternatives").status_code == 404
    assert charlie.get(f"/v1/clinics/{franchise.lisbon}/disruptions").json["items"] == []
    item = {"appointment_id": mine["id"], "version": 2, "swap": True}
    path = f"/v1/clinics/{franchise.lisbon}/replans"
    refused = charlie.post(path, json={"items": [item]})
    assert problem(refused) == (409, "replan-refused")
    assert refused.json["results"][0]["problem"]["type"] == "appointment-unknown"
    assert desk.show(mine)["disrupted"] == ["device_unfit"]
    with db.transaction(db.Scope.of([franchise.lisbon])) as tx:
        for table in ("disruptions", "rechecks"):
            assert tx.all(f"SELECT * FROM booking.{table}", {}) == []
