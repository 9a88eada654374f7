"""What moving, cancelling and staying away cost, on paper."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking.domain import appointments, local_time, policies
from services.booking.domain.policies import (
    CLIENT,
    CLINIC,
    CurrencyMissing,
    Fee,
    Money,
    Policy,
    Terms,
)

START = datetime(2030, 1, 8, 10, tzinfo=UTC)
PRICE = Money(18000, "GBP")
STRICT = Policy(late_cancel_fee=Fee(percent=50), no_show_fee=Fee(amount_minor=9000), currency="GBP")

fees = st.one_of(
    st.none(),
    st.builds(Fee, amount_minor=st.integers(1, 10**9)),
    st.builds(Fee, percent=st.integers(1, 100)),
)
currencies = st.sampled_from(["GBP", "EUR"])
prices = st.one_of(st.none(), st.builds(Money, st.integers(0, 10**7), currencies))


@given(
    fees,
    prices,
    currencies,
    st.timedeltas(min_value=timedelta(days=-3), max_value=timedelta(days=3)),
    st.sampled_from([CLIENT, CLINIC]),
)
def test_a_fee_is_never_negative_and_never_more_than_the_price(fee, price, currency, left, who):
    policy = Policy(late_cancel_fee=fee, no_show_fee=fee, deposit=fee, currency=currency)
    late = policies.late_fee(policy, price, START, START - left, who)
    for found in (late, policies.no_show_fee(policy, price), Terms(policy, price).deposit):
        if found is not None:
            assert found.amount_minor > 0
            if price is not None:
                assert found.currency == price.currency
                assert found.amount_minor <= price.amount_minor
    if who == CLINIC or left >= timedelta(days=1):
        assert late is None


@pytest.mark.parametrize(
    ("left", "fee"),
    [
        (timedelta(days=1, seconds=1), None),
        (timedelta(days=1), None),
        (timedelta(hours=23, minutes=59, seconds=59), Money(9000, "GBP")),
        (timedelta(hours=-1), Money(9000, "GBP")),
    ],
)
def test_notice_ends_to_the_second(left, fee):
    assert policies.late_fee(STRICT, PRICE, START, START - left, CLIENT) == fee


def test_what_the_clinic_cancels_costs_nothing():
    assert policies.late_fee(STRICT, PRICE, START, START, CLINIC) is None


def test_a_clinic_that_said_nothing_charges_nothing():
    assert policies.late_fee(Policy(), PRICE, START, START, CLIENT) is None
    assert policies.no_show_fee(Policy(), PRICE) is None
    assert Terms(Policy(), PRICE).deposit is None


def test_an_amount_stands_where_no_price_is_known_and_a_share_does_not():
    assert policies.no_show_fee(STRICT, None) == Money(9000, "GBP")
    assert policies.late_fee(STRICT, None, START, START, CLIENT) is None


def test_an_amount_in_another_currency_than_the_price_is_not_charged():
    assert policies.no_show_fee(STRICT, Money(18000, "EUR")) is None


@pytest.mark.parametrize(
    ("day", "elapsed_hours"),
    [(date(2030, 3, 30), 23), (date(2030, 10, 26), 25)],
)
def test_notice_is_elapsed_time_across_a_clock_change(day, elapsed_hours):
    """A day earlier on the wall is 23 or 25 hours when the clocks change between."""
    london = ZoneInfo("Europe/London")
    same_time_before = local_time.moment(day, 600, london)
    wall = local_time.moment(day + timedelta(days=1), 600, london)
    assert wall - same_time_before == timedelta(hours=elapsed_hours)
    assert policies.is_late(STRICT, wall, same_time_before) is (elapsed_hours < 24)
    assert policies.may_move(STRICT, wall, same_time_before) is (elapsed_hours >= 24)


def test_nobody_is_missing_before_the_grace_is_over():
    over = START + timedelta(minutes=10)
    assert policies.missing_from(STRICT, START) == over
    appointments.require_missing(over, over, ZoneInfo("Europe/London"))
    with pytest.raises(appointments.NotYet, match="10:10 on Tuesday 8 January 2030"):
        appointments.require_missing(over, over - timedelta(seconds=1), ZoneInfo("Europe/London"))


@pytest.mark.parametrize("name", ["late_cancel_fee", "no_show_fee", "deposit"])
def test_an_amount_needs_its_currency(name):
    with pytest.raises(CurrencyMissing):
        policies.check(replace(Policy(), **{name: Fee(amount_minor=500)}))
    policies.check(replace(Policy(), **{name: Fee(percent=50)}))


def test_a_client_reads_what_costs_nothing_as_well():
    assert Policy().in_words == [
        "You can move the appointment yourself until 24 hours before, at most twice.",
        "You can cancel free of charge until 24 hours before.",
        "Cancelling later costs nothing.",
        "Not coming costs nothing.",
        "No deposit is asked for.",
    ]
    said = replace(STRICT, deposit=Fee(percent=20), cancel_notice_minutes=90).in_words
    assert said[1:] == [
        "You can cancel free of charge until 90 minutes before.",
        "Cancelling later costs 50 % of the price.",
        "Not coming costs GBP 90.00, or the price if less.",
        "The deposit is 20 % of the price.",
    ]
    yen = Policy(no_show_fee=Fee(amount_minor=5000), currency="JPY", most_self_moves=0).in_words
    assert yen[0] == "Ask the clinic to move the appointment."
    assert yen[3] == "Not coming costs JPY 5000, or the price if less."
