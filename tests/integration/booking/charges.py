"""A clinic that charges, and what is read of its ledger."""

from uuid import UUID

from services.booking.domain.changes import Change
from services.booking.usecases import appointments, policies, undo
from shared import clock, db


def charging(franchise, **changes):
    """Let Soho charge; the treatment costs 180.00 GBP."""
    usual = {
        "late_cancel_fee": {"percent": 50},
        "no_show_fee": {"amount_minor": 12000},
        "currency": "GBP",
        "miss_grace_minutes": 10,
    }
    with db.transaction(db.EVERY_CLINIC) as tx:
        current = policies.find(tx, franchise.clinic, lock=True)
        policies.change(tx, franchise.clinic, current, usual | changes)


def ledger(client, appointment):
    answer = client.get(f"/v1/appointments/{appointment['id']}/ledger")
    assert answer.status_code == 200, answer.json
    return answer.json


def lines(client, appointment):
    items = ledger(client, appointment)["items"]
    return sorted((each["kind"], each["amount_minor"]) for each in items)


def balance(client, appointment):
    return [each["amount_minor"] for each in ledger(client, appointment)["balances"]]


def step(franchise, appointment, name, **more):
    """Take a step at a moment of the test's choosing."""
    now = more.pop("now", None) or clock.now()
    with db.transaction(db.Scope.of([franchise.clinic])) as tx:
        current = appointments.find(tx, UUID(appointment["id"]), lock=True)
        if name == "undo":
            return undo.undo(tx, current, Change(None, now))
        return appointments.step(tx, name, current, Change(None, now), **more)


def enter(client, appointment, kind, amount, currency="GBP", **more):
    body = {"kind": kind, "amount_minor": amount, "currency": currency} | more
    return client.post(f"/v1/appointments/{appointment['id']}/ledger", json=body)


def waive(client, appointment, amount, **more):
    body = {"amount_minor": amount, "currency": "GBP"} | more
    return client.post(f"/v1/appointments/{appointment['id']}/ledger/waivers", json=body)
