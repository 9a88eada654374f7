"""From booked to completed, moved, cancelled or missed; each change is history and an event."""

from datetime import timedelta

from shared import clock, db, ids
from tests.integration.booking.conftest import problem


def a_session(appointment, franchise, **changes):
    return {
        "session_id": str(ids.new()),
        "clinic_id": str(franchise.clinic),
        "appointment_id": appointment["id"],
        "client_id": appointment["client_id"],
        "treatment_id": appointment["treatment_id"],
        "practitioner_id": appointment["practitioner_id"],
        "device_id": appointment["device_id"],
        "zones": [8],
        "started_at": appointment["starts_at"],
        "ended_at": appointment["ends_at"],
        "reason": None,
    } | changes


def started(appointment, franchise):
    told = a_session(appointment, franchise)
    del told["zones"], told["ended_at"], told["reason"]
    return told | {
        "cartridge": {"lot": "L1", "serial": "S1", "expires_on": "2099-01-01"},
        "limits": [{"zone": 8, "depth_um": 1000, "limit_um": 1150, "passes": 3}],
    }


def screened(appointment, franchise, outcome, not_before=None, **changes):
    return {
        "screening_id": str(ids.new()),
        "client_id": appointment["client_id"],
        "clinic_id": str(franchise.clinic),
        "appointment_id": appointment.get("id"),
        "treatment_id": appointment["treatment_id"],
        "outcome": outcome,
        "not_before": not_before and not_before.isoformat(),
        "rules": [],
        "decided_at": clock.now().isoformat(),
    } | changes


def test_a_visit_goes_from_booked_to_completed(desk, franchise, outbox):
    booked = desk.booked()
    assert desk.step(booked, "confirm", json={}).json["status"] == "confirmed"
    assert desk.step(booked, "arrive", json={}).json["status"] == "arrived"
    franchise.hear("client_records.session_started.v1", started(booked, franchise))
    assert desk.show(booked)["status"] == "in_treatment"
    franchise.hear("client_records.session_completed.v1", a_session(booked, franchise))
    assert desk.show(booked)["status"] == "completed"

    told = outbox()
    happened = [event["type"].split(".")[1].removeprefix("appointment_") for event in told]
    assert happened == ["booked", "confirmed", "arrived", "changed", "completed"]
    assert [event["data"]["version"] for event in told] == [1, 2, 3, 4, 5]
    assert [event["sequence"] for event in told] == [1, 2, 3, 4, 5]
    history = desk.client.get(f"/v1/appointments/{booked['id']}/changes").json["items"]
    assert [each["status"] for each in history] == [
        "booked",
        "confirmed",
        "arrived",
        "in_treatment",
        "completed",
    ]


def test_cancelled_place_is_free_at_once_and_the_reason_is_kept(desk, franchise):
    booked = desk.booked(practitioner_id=franchise.priya)
    cancelled = desk.step(booked, "cancel", json={"reason": "Moved away"})
    assert cancelled.json["status"] == "cancelled"
    again = desk.booked(practitioner_id=franchise.priya, client_id=franchise.other)
    assert again["starts_at"] == booked["starts_at"]
    history = desk.client.get(f"/v1/appointments/{booked['id']}/changes").json["items"]
    assert history[-1]["reason"] == "Moved away"


def test_history_comes_in_pages(desk):
    booked = desk.booked()
    desk.step(booked, "confirm")
    desk.step(booked, "arrive")
    path = f"/v1/appointments/{booked['id']}/changes?limit=2"
    first = desk.client.get(path).json
    second = desk.client.get(f"{path}&cursor={first['next']}").json
    assert [each["version"] for each in first["items"] + second["items"]] == [1, 2, 3]
    assert second["next"] is None


def test_step_taken_twice_changes_nothing(desk, franchise, outbox):
    booked = desk.booked()
    first = desk.step(booked, "cancel")
    assert first.status_code == 200
    assert desk.step(booked, "cancel").json == first.json
    assert len(outbox()) == 2


def test_cancelled_visit_cannot_be_confirmed_or_moved(desk, franchise):
    booked = desk.booked()
    cancelled = desk.step(booked, "cancel").json
    refused = desk.step(booked, "confirm")
    assert problem(refused) == (409, "wrong-state")
    assert refused.json["state"] == "cancelled"
    moved = desk.move(cancelled, starts_at=franchise.at("12:00").isoformat())
    assert problem(moved) == (409, "wrong-state")


def test_visit_is_not_missed_before_it_begins(desk, franchise):
    assert problem(desk.step(desk.booked(), "miss")) == (409, "not-yet")


def test_old_copy_does_not_overwrite(desk, franchise):
    booked = desk.booked()
    later = franchise.at("12:00").isoformat()
    path = f"/v1/appointments/{booked['id']}"
    assert problem(desk.client.patch(path, json={"starts_at": later})) == (
        428,
        "precondition-required",
    )
    assert desk.move(booked, starts_at=later).status_code == 200
    assert problem(desk.move(booked, starts_at=later)) == (412, "changed-meanwhile")
    old = desk.step(booked, "confirm", headers={"If-Match": '"1"'})
    assert problem(old) == (412, "changed-meanwhile")


def test_moved_visit_keeps_its_room_frees_its_time_and_is_confirmed_anew(desk, franchise, outbox):
    booked = desk.booked(practitioner_id=franchise.priya)
    confirmed = desk.step(booked, "confirm").json
    moved = desk.move(confirmed, starts_at=franchise.at("10:30").isoformat(), reason="Late bus")
    assert moved.status_code == 200
    assert moved.headers["ETag"] == '"3"'
    assert moved.json["status"] == "booked"
    assert moved.json["room_id"] == booked["room_id"]
    assert outbox()[-1]["data"]["changed"] == ["status", "starts_at", "ends_at"]
    desk.booked("09:30", practitioner_id=franchise.priya, client_id=franchise.other)


def test_visit_cannot_move_onto_another(desk, franchise):
    desk.booked("12:00", practitioner_id=franchise.priya, client_id=franchise.other)
    booked = desk.booked(practitioner_id=franchise.priya)
    refused = desk.move(booked, starts_at=franchise.at("11:30").isoformat())
    assert problem(refused) == (409, "practitioner-busy")
    assert desk.show(booked)["starts_at"] == booked["starts_at"]
    by_noor = desk.move(
        booked, starts_at=franchise.at("11:30").isoformat(), practitioner_id=str(franchise.noor)
    )
    assert by_noor.json["practitioner_name"] == "Noor"


def test_next_session_waits_until_the_skin_has_recovered(desk, franchise):
    desk.booked(days=7)
    refused = desk.book(days=34)
    assert problem(refused) == (422, "skin-recovering")
    assert refused.json["not_before"] == franchise.at("00:00", 35).isoformat().replace(
        "+00:00", "Z"
    )
    assert "28 days apart" in refused.json["detail"]
    before = desk.book(days=2)
    assert problem(before) == (422, "skin-recovering")
    desk.booked("09:00", days=35)


def test_skin_recovers_from_the_moment_the_session_ended(desk, franchise):
    booked = desk.booked(days=7)
    late = (franchise.at("10:30", 9)).isoformat()
    told = a_session(booked, franchise, started_at=franchise.at("10:00", 9).isoformat())
    franchise.hear("client_records.session_stopped.v1", told | {"ended_at": late, "reason": "pain"})
    assert desk.show(booked)["status"] == "completed"
    assert problem(desk.book(days=36)) == (422, "skin-recovering")
    desk.booked(days=37)


def test_recovery_after_a_late_session_reaches_past_what_was_booked_before(desk, franchise):
    first, second = desk.booked(days=7), desk.booked(days=35)
    told = a_session(first, franchise, started_at=franchise.at("10:00", 9).isoformat())
    ended = told | {"ended_at": franchise.at("11:00", 9).isoformat()}
    franchise.hear("client_records.session_completed.v1", ended)
    desk.step(second, "cancel")
    assert problem(desk.book(days=36)) == (422, "skin-recovering")
    desk.booked(days=37)


def test_other_skin_may_be_treated_meanwhile(desk, franchise):
    desk.booked(days=7)
    desk.booked(days=8, treatment_id=franchise.peel)


def test_interval_holds_when_the_client_moves_to_another_clinic(desk, franchise, api):
    from tests import people

    desk.booked(days=7)
    franchise.a_client(franchise.lisbon, franchise.client)
    charlie = api("booking").as_(people.CHARLIE)
    wanted = desk.wanted(days=10) | {"treatment_id": str(franchise.lisbon_treatment)}
    refused = charlie.post(f"/v1/clinics/{franchise.lisbon}/appointments", json=wanted)
    assert problem(refused) == (422, "skin-recovering")
    later = desk.wanted(days=35) | {"treatment_id": str(franchise.lisbon_treatment)}
    booked = charlie.post(f"/v1/clinics/{franchise.lisbon}/appointments", json=later)
    assert booked.status_code == 201


def test_screening_shows_on_visits_to_come_and_decides_about_new_ones(desk, franchise, outbox):
    booked = desk.booked()
    told = screened(booked, franchise, "clear")
    franchise.hear("client_records.screening_decided.v1", told)
    shown = desk.show(booked)
    assert (shown["screening"], shown["version"]) == ("clear", 2)
    assert outbox()[-1]["data"]["changed"] == ["screening"]
    franchise.hear("client_records.screening_decided.v1", screened(booked, franchise, "refuse"))
    assert desk.show(booked)["screening"] == "refuse"
    desk.step(booked, "cancel")
    assert problem(desk.book()) == (422, "screening-refused")


def test_deferred_client_is_told_from_when(desk, franchise):
    booked = desk.booked()
    desk.step(booked, "cancel")
    until = franchise.at("00:00", 20)
    told = screened(booked, franchise, "defer", until)
    franchise.hear("client_records.screening_decided.v1", told)
    refused = desk.book(days=19)
    assert problem(refused) == (422, "screening-deferred")
    assert refused.json["not_before"] == until.isoformat().replace("+00:00", "Z")
    assert desk.booked(days=20)["screening"] == "pending"


def test_older_screening_never_overwrites_a_newer_one(desk, franchise):
    booked = desk.booked()
    franchise.hear("client_records.screening_decided.v1", screened(booked, franchise, "clear"))
    old = (clock.now() - timedelta(days=1)).isoformat()
    late = screened(booked, franchise, "refuse", decided_at=old)
    franchise.hear("client_records.screening_decided.v1", late)
    assert desk.show(booked)["screening"] == "clear"


def test_clinic_may_ask_for_a_screening_first(desk, franchise):
    from services.booking.usecases import clinics

    with db.transaction(db.EVERY_CLINIC) as tx:
        clinics.change(tx, clinics.find(tx, franchise.clinic, lock=True), {"screening_first": True})
    assert problem(desk.book()) == (422, "screening-required")
    told = screened(desk.wanted(), franchise, "review")
    franchise.hear("client_records.screening_decided.v1", told)
    assert desk.booked()["screening"] == "review"


def test_erased_client_is_cancelled_and_cannot_be_booked(desk, franchise, outbox):
    booked = desk.booked()
    told = {"client_id": str(franchise.client), "clinic_id": str(franchise.clinic)}
    franchise.hear("client_records.client_erased.v1", told, subject=franchise.client)
    assert desk.show(booked)["status"] == "cancelled"
    assert outbox()[-1]["data"]["changed_by"] is None
    assert problem(desk.book()) == (404, "client-unknown")


def test_practitioner_who_leaves_is_offered_no_longer(desk, franchise):
    told = {
        "staff_id": str(franchise.priya),
        "name": "Priya",
        "roles": ["practitioner"],
        "clinic_ids": [],
        "active": True,
        "epoch": 1,
    }
    franchise.hear("identity.staff_changed.v1", told, subject=franchise.priya)
    refused = desk.book(practitioner_id=franchise.priya)
    assert problem(refused) == (404, "practitioner-unknown")
    assert desk.booked()["practitioner_id"] == str(franchise.noor)


def test_who_is_treated_early_leaves_the_place_to_others(desk, franchise):
    priya = {"practitioner_id": franchise.priya}
    booked = desk.booked(**priya)
    assert desk.book(client_id=franchise.other, **priya).status_code == 409
    desk.step(booked, "arrive", json={})
    assert desk.book(client_id=franchise.other, **priya).status_code == 409
    desk.step(booked, "complete", json={})
    assert desk.book(client_id=franchise.other, **priya).status_code == 201
