"""The payment provider's callbacks: believed when signed, and once for each reference."""

import json
from datetime import timedelta

import pytest

from services.booking.domain import payments
from services.booking.settings import Settings
from shared import clock, ids
from shared.errors import Conflict
from tests.integration.booking.charges import balance, charging
from tests.integration.booking.conftest import problem
from tests.integration.booking.races import together


def our_secret():
    return Settings.from_env().payments_secret


def callback(client, told, *, secret=None, at=None, header=None):
    body = json.dumps(told).encode()
    signature = header or payments.signed(secret or our_secret(), body, at or clock.now())
    return client.post(
        "/v1/payments",
        data=body,
        content_type="application/json",
        headers={"Payment-Signature": signature},
    )


def told_of(appointment, **changes):
    return {
        "reference": "pay_1",
        "appointment_id": appointment["id"],
        "kind": "deposit_paid",
        "amount_minor": 9000,
        "currency": "GBP",
    } | changes


def test_the_provider_settles_a_payment_once_however_often_it_tells(desk, franchise, api):
    charging(franchise, deposit={"percent": 50})
    booked, provider = desk.booked(), api("booking")
    first = callback(provider, told_of(booked))
    assert first.status_code == 200, first.json
    assert callback(provider, told_of(booked)).json == first.json
    assert balance(desk.client, booked) == [0]
    other = callback(provider, told_of(booked, amount_minor=1))
    assert problem(other) == (409, "payment-differs")
    unknown = callback(provider, told_of({"id": str(ids.new())}, reference="pay_2"))
    assert problem(unknown) == (404, "appointment-unknown")


def test_a_payment_that_the_provider_did_not_sign_is_refused(desk, franchise, api):
    charging(franchise, deposit={"percent": 50})
    booked, provider = desk.booked(), api("booking")
    old = clock.now() - timedelta(minutes=6)
    other = payments.signed(our_secret(), b"{}", clock.now())
    for wrong in (
        {"secret": "another"},
        {"at": old},
        {"at": clock.now() + timedelta(minutes=6)},
        {"header": other},
        {"header": "nonsense"},
        {"header": "t=,v1="},
        {"header": "t=99999999999999999999,v1=00"},
    ):
        refused = callback(provider, told_of(booked), **wrong)
        assert problem(refused) == (401, "signature-wrong"), wrong
    assert balance(desk.client, booked) == [9000]


def test_without_a_secret_no_payment_is_believed(desk, franchise, api, monkeypatch):
    provider, booked = api("booking"), desk.booked()
    assert provider.app
    before = our_secret()
    monkeypatch.delenv("PAYMENTS_SECRET")
    assert problem(callback(provider, told_of(booked), secret=before)) == (401, "signature-wrong")


@pytest.mark.parametrize("kept", ["", "   ", "short", "x" * 31])
def test_a_secret_that_anybody_could_guess_is_none(desk, franchise, api, monkeypatch, kept):
    charging(franchise, deposit={"percent": 50})
    provider, booked = api("booking"), desk.booked()
    assert provider.app
    monkeypatch.setenv("PAYMENTS_SECRET", kept)
    told = told_of(booked)
    signed = payments.signed(kept, json.dumps(told).encode(), clock.now())
    refused = callback(provider, told, header=signed)
    assert problem(refused) == (401, "signature-wrong")
    assert "32 characters" in refused.json["detail"]
    assert balance(desk.client, booked) == [9000]


def test_one_payment_told_many_times_at_once_counts_once(desk, franchise, api):
    charging(franchise, deposit={"percent": 50})
    booked, provider = desk.booked(), api("booking")
    answers = together([lambda: callback(provider, told_of(booked)).status_code] * 6, Conflict)
    assert set(answers) == {200}
    assert balance(desk.client, booked) == [0]
