"""How fast a sign-in may be tried."""

from datetime import UTC, datetime, timedelta

import pytest

from services.identity.domain.sessions import (
    ACCOUNT,
    ACCOUNT_FROM_NETWORK,
    NETWORK,
    Pace,
    network_of,
    paces,
    too_soon,
)

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("203.0.113.200", "203.0.113.0/24"),
        ("2001:db8:1:2ff::7", "2001:db8:1:200::/56"),
        ("unknown", "unknown"),
        ("", "unknown"),
    ],
)
def test_addresses_are_counted_by_network(address, network):
    assert network_of(address) == network


def test_a_try_counts_for_network_account_and_both():
    counted = paces("bob@x.example", "203.0.113.9")
    assert [pace for _, pace in counted] == [NETWORK, ACCOUNT, ACCOUNT_FROM_NETWORK]
    assert len({name for name, _ in counted}) == 3


def test_an_accounts_own_pace_is_wider_than_from_one_network():
    assert ACCOUNT.burst > ACCOUNT_FROM_NETWORK.burst
    assert ACCOUNT.every < ACCOUNT_FROM_NETWORK.every


@pytest.mark.parametrize(("behind_s", "wait_s"), [(0, 11), (5, 6), (9.5, 1), (100, 1)])
def test_a_refusal_says_when_the_next_try_may_come(behind_s, wait_s):
    pace = Pace(burst=5, every=timedelta(seconds=10))
    due_at = NOON + pace.ahead - timedelta(seconds=behind_s)
    assert too_soon(due_at, pace, NOON).members["retry_after_s"] == wait_s
