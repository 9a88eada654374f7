"""What was agreed when an appointment was booked holds, whatever the clinic asks for later."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.booking.usecases import treatments
from shared import db
from tests.integration.booking.charges import charging, lines, step
from tests.integration.booking.conftest import problem
from tests.integration.booking.links.conftest import link, soon


@pytest.fixture
def phone(api):
    return api("booking")


def late(appointment):
    return datetime.fromisoformat(appointment["starts_at"]) - timedelta(hours=1)


def absent(appointment):
    return datetime.fromisoformat(appointment["starts_at"]) + timedelta(minutes=11)


def dearer(franchise, **changes):
    """Raise every fee, and the price of the treatment with them."""
    charging(
        franchise,
        late_cancel_fee={"percent": 100},
        no_show_fee={"percent": 100},
        deposit={"percent": 100},
        cancel_notice_minutes=43_200,
        move_notice_minutes=43_200,
        **changes,
    )
    with db.transaction(db.EVERY_CLINIC) as tx:
        current = treatments.find(tx, franchise.clinic, franchise.treatment, lock=True)
        treatments.change(tx, current, {"price_minor": 99_000})


@pytest.mark.parametrize(
    ("ending", "when", "fee"),
    [("cancel", late, ("late_fee", 9000)), ("miss", absent, ("no_show_fee", 12_000))],
)
def test_a_fee_that_is_raised_later_does_not_meet_who_is_booked(desk, franchise, ending, when, fee):
    charging(franchise)
    appointment = desk.booked()
    dearer(franchise)
    step(franchise, appointment, ending, now=when(appointment))
    assert lines(desk.client, appointment) == [fee]


@pytest.mark.parametrize(("ending", "when"), [("cancel", late), ("miss", absent)])
def test_who_booked_before_the_clinic_asked_for_anything_pays_nothing(
    desk, franchise, ending, when
):
    appointment = desk.booked()
    dearer(franchise)
    step(franchise, appointment, ending, now=when(appointment))
    assert lines(desk.client, appointment) == []


def test_a_fee_that_is_lowered_later_is_lowered_for_who_books_then(desk, franchise):
    charging(franchise)
    before = desk.booked("10:00")
    charging(franchise, late_cancel_fee={"percent": 10})
    after = desk.booked("12:00", client_id=franchise.other)
    for each in (before, after):
        step(franchise, each, "cancel", now=late(each))
    assert lines(desk.client, before) == [("late_fee", 9000)]
    assert lines(desk.client, after) == [("late_fee", 1800)]


def test_a_move_keeps_the_terms_of_the_booking(desk, franchise):
    charging(franchise)
    appointment = desk.booked()
    dearer(franchise)
    answer = desk.move(appointment, starts_at=franchise.at("14:00", 9).isoformat())
    assert answer.status_code == 200, answer.json
    step(franchise, appointment, "cancel", now=late(answer.json))
    assert lines(desk.client, appointment) == [("late_fee", 9000)]


def test_a_wider_notice_does_not_shut_the_way_that_was_agreed(phone, desk, franchise):
    appointment = desk.booked()
    charging(franchise, cancel_notice_minutes=43_200, move_notice_minutes=43_200)
    shown = phone.get(link(appointment, "cancel")).json
    assert shown["late_fee"] is None
    asked = {"starts_at": franchise.at("12:00", 8).isoformat()}
    answer = phone.post(link(appointment, "move") + "/move", json=asked)
    assert answer.status_code == 200, answer.json


def test_nobody_moves_away_from_the_fee_that_was_agreed(phone, desk, franchise):
    charging(franchise, cancel_notice_minutes=43_200, move_notice_minutes=0)
    appointment = desk.booked()
    charging(franchise, late_cancel_fee=None, move_notice_minutes=0)
    asked = {"starts_at": franchise.at("12:00", 60).isoformat()}
    answer = phone.post(link(appointment, "move") + "/move", json=asked)
    assert problem(answer) == (409, "notice-passed")
    fee = phone.get(link(appointment, "cancel")).json["late_fee"]
    assert fee == {"amount_minor": 9000, "currency": "GBP"}


def test_a_hold_agrees_to_nothing_before_it_is_booked(desk, franchise):
    held = desk.client.post(f"/v1/clinics/{franchise.clinic}/holds", json=desk.wanted()).json
    charging(franchise, deposit={"percent": 20})
    appointment = desk.booked(hold_id=held["id"])
    step(franchise, appointment, "cancel", now=late(appointment))
    kinds = dict(lines(desk.client, appointment))
    assert (kinds["deposit_due"], kinds["late_fee"]) == (3600, 9000)


def test_every_session_of_a_course_has_the_terms_of_its_booking(desk, franchise, course):
    charging(franchise)
    sessions = course.booked(sessions=2)["sessions"]
    dearer(franchise)
    for each in sessions:
        shown = desk.show(each["appointment"])
        step(franchise, shown, "cancel", now=late(shown))
        assert lines(desk.client, shown) == [("late_fee", 9000)]


def test_a_visit_whose_terms_nobody_kept_goes_by_the_policy_of_the_day(desk, franchise):
    appointment = desk.booked()
    with db.transaction(db.EVERY_CLINIC) as tx:
        forget = "UPDATE booking.appointments SET policy_version = NULL WHERE id = %(id)s"
        tx.run(forget, {"id": UUID(appointment["id"])})
    charging(franchise)
    step(franchise, appointment, "cancel", now=late(appointment))
    assert lines(desk.client, appointment) == [("late_fee", 9000)]


def test_who_names_another_fee_than_cancelling_costs_is_told_and_still_has_the_visit(
    phone, desk, franchise
):
    charging(franchise)
    appointment = soon(desk, franchise)
    path = link(appointment, "cancel") + "/cancel"
    for named in (
        {"amount_minor": 4500, "currency": "GBP"},
        {"amount_minor": 9000, "currency": "EUR"},
    ):
        answer = phone.post(path, json={"accept_fee": True, "accepted_fee": named})
        assert problem(answer) == (409, "fee-differs")
        assert "GBP 90.00" in answer.json["detail"]
        assert answer.json["late_fee"] == {"amount_minor": 9000, "currency": "GBP"}
    assert desk.show(appointment)["status"] == "booked"
    assert lines(desk.client, appointment) == []
    named = {"amount_minor": 9000, "currency": "GBP"}
    answer = phone.post(path, json={"accepted_fee": named})
    assert (answer.status_code, answer.json["status"]) == (200, "cancelled")
    assert lines(desk.client, appointment) == [("late_fee", 9000)]


def test_what_costs_nothing_is_cancelled_whatever_fee_is_named(phone, desk):
    appointment = desk.booked()
    named = {"amount_minor": 9000, "currency": "GBP"}
    answer = phone.post(link(appointment, "cancel") + "/cancel", json={"accepted_fee": named})
    assert (answer.status_code, answer.json["status"]) == (200, "cancelled")


def test_terms_that_were_kept_before_there_was_another_rule_go_by_its_default(desk, franchise):
    charging(franchise)
    appointment = desk.booked()
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run(
            "INSERT INTO booking.policy_versions"
            " SELECT clinic_id, 99, terms - 'miss_grace_minutes' - 'late_cancel_percent'"
            " FROM booking.policy_versions WHERE clinic_id = %(clinic)s::uuid",
            {"clinic": franchise.clinic},
        )
        tx.run("UPDATE booking.appointments SET policy_version = 99")
    step(franchise, appointment, "miss", now=absent(appointment))
    assert lines(desk.client, appointment) == [("no_show_fee", 12_000)]
