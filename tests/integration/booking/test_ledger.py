"""What cancelling late, staying away and deposits cost; charged once, whoever comes together."""

from datetime import timedelta
from functools import partial

import psycopg2
import pytest

from shared import db, ids
from shared.errors import Conflict
from tests import people
from tests.integration.booking.charges import (
    balance,
    charging,
    enter,
    ledger,
    lines,
    step,
    waive,
)
from tests.integration.booking.conftest import problem
from tests.integration.booking.dropouts import break_pen
from tests.integration.booking.races import together


@pytest.fixture
def manager(api, franchise):
    return api("booking").as_(people.ALICE)


def test_cancelling_in_time_costs_nothing(desk, franchise):
    charging(franchise)
    booked = desk.booked()
    desk.step(booked, "cancel", json={"by": "client"})
    assert lines(desk.client, booked) == []


def test_cancelling_late_costs_the_fee_and_what_the_clinic_cancels_does_not(desk, franchise):
    charging(franchise, cancel_notice_minutes=43_200)
    late = desk.booked()
    assert desk.step(late, "cancel", json={"reason": "Ill"}).status_code == 200
    assert lines(desk.client, late) == [("late_fee", 9000)]
    assert balance(desk.client, late) == [9000]
    ours = desk.booked()
    assert desk.step(ours, "cancel", json={"by": "clinic"}).status_code == 200
    assert lines(desk.client, ours) == []


def test_somebody_who_does_not_come_pays_after_the_grace(desk, franchise):
    charging(franchise)
    booked = desk.booked()
    starts_at = franchise.at()
    with pytest.raises(Conflict, match="counts as missing from 10:10"):
        step(franchise, booked, "miss", now=starts_at + timedelta(minutes=9))
    step(franchise, booked, "miss", now=starts_at + timedelta(minutes=10))
    assert lines(desk.client, booked) == [("no_show_fee", 12000)]


@pytest.mark.parametrize(
    ("fee", "entered", "open_minor"),
    [
        (
            None,
            [("deposit_due", 5000), ("deposit_paid", -5000), ("deposit_returned", -5000)],
            -5000,
        ),
        (
            {"amount_minor": 3000},
            [
                ("deposit_due", 5000),
                ("deposit_forfeited", -3000),
                ("deposit_paid", -5000),
                ("deposit_returned", -2000),
                ("late_fee", 3000),
            ],
            -2000,
        ),
        (
            {"percent": 50},
            [
                ("deposit_due", 5000),
                ("deposit_forfeited", -5000),
                ("deposit_paid", -5000),
                ("late_fee", 9000),
            ],
            4000,
        ),
    ],
)
def test_a_deposit_goes_towards_the_fee_and_the_rest_back(
    desk, franchise, fee, entered, open_minor
):
    charging(
        franchise,
        cancel_notice_minutes=43_200,
        late_cancel_fee=fee,
        deposit={"amount_minor": 5000},
    )
    booked = desk.booked()
    assert balance(desk.client, booked) == [5000]
    assert enter(desk.client, booked, "deposit_paid", 5000).status_code == 201
    desk.step(booked, "cancel")
    assert lines(desk.client, booked) == entered
    assert balance(desk.client, booked) == [open_minor]


def test_a_deposit_that_was_never_paid_is_not_asked_for_any_longer(desk, franchise):
    charging(franchise, deposit={"percent": 20})
    booked = desk.booked()
    assert balance(desk.client, booked) == [3600]
    desk.step(booked, "cancel", json={"by": "clinic"})
    assert balance(desk.client, booked) == [0]


def test_a_hold_that_is_booked_asks_for_the_deposit_and_a_hold_alone_does_not(desk, franchise):
    charging(franchise, deposit={"percent": 20})
    place = {
        "treatment_id": str(franchise.treatment),
        "starts_at": franchise.at().isoformat(),
    }
    held = desk.client.post(f"/v1/clinics/{franchise.clinic}/holds", json=place).json
    assert lines(desk.client, held) == []
    assert problem(enter(desk.client, held, "deposit_paid", 100)) == (404, "appointment-unknown")
    booked = desk.booked(hold_id=held["id"])
    assert lines(desk.client, booked) == [("deposit_due", 3600)]


def test_every_session_of_a_course_asks_for_its_deposit(desk, franchise):
    charging(franchise, deposit={"percent": 10})
    wanted = {
        "treatment_id": str(franchise.treatment),
        "client_id": str(franchise.client),
        "sessions": 2,
        "first_starts_at": franchise.at().isoformat(),
    }
    course = desk.client.post(f"/v1/clinics/{franchise.clinic}/courses", json=wanted)
    assert course.status_code == 201, course.json
    path = f"/v1/clinics/{franchise.clinic}/clients/{franchise.client}/ledger"
    assert desk.client.get(path).json["balances"] == [{"currency": "GBP", "amount_minor": 3600}]


def test_what_is_waived_or_paid_is_never_more_than_what_is_open(desk, manager, franchise):
    charging(franchise, cancel_notice_minutes=43_200)
    booked = desk.booked()
    desk.step(booked, "cancel")
    assert enter(desk.client, booked, "fee_paid", 4000, reference="R-1").status_code == 201
    refused = enter(desk.client, booked, "fee_paid", 5001)
    assert problem(refused) == (409, "more-than-owed")
    assert refused.json["open_minor"] == 5000
    assert problem(enter(desk.client, booked, "fee_paid", 1, "EUR")) == (409, "more-than-owed")
    assert waive(desk.client, booked, 5000).status_code == 403
    waived = waive(manager, booked, 5000, reason="First time")
    assert (waived.status_code, waived.json["amount_minor"]) == (201, -5000)
    assert balance(manager, booked) == [0]
    assert problem(enter(manager, booked, "refunded", 1)) == (409, "more-than-owed")


def test_a_retry_of_a_payment_counts_once(desk, franchise):
    charging(franchise, deposit={"percent": 50})
    booked = desk.booked()
    body = {"kind": "deposit_paid", "amount_minor": 4000, "currency": "GBP"}
    path, key = f"/v1/appointments/{booked['id']}/ledger", {"Idempotency-Key": "receipt-1"}
    first = desk.client.post(path, json=body, headers=key)
    assert desk.client.post(path, json=body, headers=key).json == first.json
    assert balance(desk.client, booked) == [5000]


def test_a_clients_ledger_shows_all_visits_in_pages(desk, franchise):
    charging(franchise, deposit={"percent": 10})
    first, second = desk.booked(), desk.booked(days=35)
    path = f"/v1/clinics/{franchise.clinic}/clients/{franchise.client}/ledger"
    page = desk.client.get(f"{path}?limit=1").json
    rest = desk.client.get(f"{path}?limit=1&cursor={page['next']}").json
    shown = [each["appointment_id"] for each in page["items"] + rest["items"]]
    assert shown == [first["id"], second["id"]]
    assert rest["next"] is None
    assert page["balances"] == [{"currency": "GBP", "amount_minor": 3600}]
    unknown = desk.client.get(f"/v1/clinics/{franchise.clinic}/clients/{ids.new()}/ledger")
    assert problem(unknown) == (404, "client-unknown")


def test_another_clinics_ledger_is_not_there(desk, franchise, api):
    booked = desk.booked()
    charlie = api("booking").as_(people.CHARLIE)
    assert charlie.get(f"/v1/appointments/{booked['id']}/ledger").status_code == 404
    assert enter(charlie, booked, "fee_paid", 1).status_code == 404


def test_the_ledger_is_never_rewritten(desk, franchise, dsn):
    charging(franchise, deposit={"percent": 10})
    booked = desk.booked()
    for change in (
        "UPDATE booking.ledger_entries SET amount_minor = 1",
        "UPDATE booking.ledger_entries SET reason = 'changed'",
        "DELETE FROM booking.ledger_entries",
        "TRUNCATE booking.ledger_entries",
    ):
        with (
            pytest.raises(psycopg2.errors.InsufficientPrivilege),
            db.transaction(db.EVERY_CLINIC) as tx,
        ):
            tx.run(change)
    assert lines(desk.client, booked) == [("deposit_due", 1800)]


def test_an_erased_clients_ledger_keeps_amounts_and_no_words(desk, manager, franchise):
    charging(franchise, deposit={"percent": 10}, cancel_notice_minutes=43_200)
    booked = desk.booked()
    waive(manager, booked, 800, reason="Iris Story rang, +44 20 7946 0000")
    told = {"client_id": str(franchise.client), "clinic_id": str(franchise.clinic)}
    franchise.hear("client_records.client_erased.v1", told, subject=franchise.client)
    kept = ledger(manager, booked)
    assert {each["reason"] for each in kept["items"]} == {None}
    assert [each["amount_minor"] for each in kept["balances"]] == [0]


def test_two_cancellations_at_once_charge_once(desk, franchise):
    charging(franchise, cancel_notice_minutes=43_200, deposit={"percent": 10})
    for _ in range(15):
        booked = desk.booked()
        together([partial(step, franchise, booked, "cancel")] * 4, Conflict)
        assert lines(desk.client, booked) == [
            ("deposit_due", 1800),
            ("deposit_forfeited", -1800),
            ("late_fee", 9000),
        ]


def test_either_the_visit_is_completed_or_it_is_cancelled_for_its_fee(desk, franchise):
    charging(franchise, cancel_notice_minutes=43_200)
    for _ in range(15):
        booked = desk.booked(client_id=franchise.a_client())
        desk.step(booked, "arrive")
        cancelled, completed = together(
            [partial(step, franchise, booked, name) for name in ("cancel", "complete")], Conflict
        )
        won = desk.show(booked)["status"]
        assert [cancelled, completed].count("WrongState") == 1
        assert lines(desk.client, booked) == ([("late_fee", 9000)] if won == "cancelled" else [])


def test_client_owes_nothing_for_a_visit_that_cannot_take_place_anyway(desk, franchise):
    charging(franchise, cancel_notice_minutes=43_200)
    mine = desk.booked()
    break_pen(franchise, mine)
    assert desk.step(mine, "cancel", json={"by": "client"}).status_code == 200
    assert lines(desk.client, mine) == []


def test_nobody_pays_for_staying_away_from_a_visit_that_cannot_take_place(desk, franchise):
    charging(franchise)
    mine = desk.booked()
    break_pen(franchise, mine)
    step(franchise, mine, "miss", now=franchise.at() + timedelta(minutes=10))
    assert lines(desk.client, mine) == []
