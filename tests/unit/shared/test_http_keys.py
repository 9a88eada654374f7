"""Where public keys come from, and what happens while identity is down."""

import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from shared.errors import Unavailable
from shared.http.api_keys import ApiKeys
from shared.http.keys import KeySet, NoKeys, read_jwks
from shared.http.tokens import TokenRefused


def jwk(kid, **changes):
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return json.loads(jwt.algorithms.ECAlgorithm.to_jwk(public)) | {"kid": kid} | changes


class Identity:
    """Identity as a key set sees it."""

    def __init__(self, *kids):
        self.keys = [jwk(kid) for kid in kids]
        self.asked = 0
        self.is_down = False

    def __call__(self):
        self.asked += 1
        if self.is_down:
            raise ConnectionError
        return {"keys": self.keys}


class Clock:
    at = 1000.0

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


def test_keys_are_fetched_once_and_kept(clock):
    identity = Identity("a")
    keys = KeySet(identity, clock)
    assert all(keys.find("a") for _ in range(5))
    assert identity.asked == 1


def test_made_up_key_ids_ask_at_most_every_half_minute(clock):
    identity = Identity("a")
    keys = KeySet(identity, clock)
    assert [keys.find(f"made up {number}") for number in range(50)] == [None] * 50
    assert identity.asked == 1
    clock.at += 31
    keys.find("made up")
    assert identity.asked == 2


def test_a_new_key_is_found_by_asking_again(clock):
    identity = Identity("a")
    keys = KeySet(identity, clock)
    keys.find("a")
    identity.keys.append(jwk("b"))
    clock.at += 31
    assert keys.find("b")


def test_a_retired_key_is_gone_after_ten_minutes(clock):
    identity = Identity("a", "b")
    keys = KeySet(identity, clock)
    assert keys.find("a")
    identity.keys.pop(0)
    clock.at += 601
    assert keys.find("a") is None
    assert keys.find("b")


def test_the_old_set_serves_while_identity_is_down(clock):
    identity = Identity("a")
    keys = KeySet(identity, clock)
    keys.find("a")
    identity.is_down = True
    for _ in range(10):
        clock.at += 3600
        assert keys.find("a")


def test_without_any_key_nobody_is_recognised_until_identity_answers(clock):
    identity = Identity("a")
    identity.is_down = True
    keys = KeySet(identity, clock)
    with pytest.raises(NoKeys):
        keys.find("a")
    identity.is_down = False
    assert keys.find("a")


def test_an_empty_set_does_not_replace_a_good_one(clock):
    identity = Identity("a")
    keys = KeySet(identity, clock)
    keys.find("a")
    identity.keys.clear()
    clock.at += 601
    assert keys.find("a")


@pytest.mark.parametrize(
    "other", [{"kty": "oct", "k": "c2VjcmV0"}, {"crv": "P-384"}, {"d": "cHJpdmF0ZQ"}]
)
def test_only_public_p256_keys_are_taken(other):
    assert list(read_jwks({"keys": [jwk("ours"), jwk("theirs", **other)]})) == ["ours"]


class Exchange:
    token = "for two minutes"  # noqa: S105 # of nobody

    def __init__(self):
        self.asked = 0
        self.is_down = False

    def __call__(self, key):
        self.asked += 1
        if self.is_down:
            raise ConnectionError
        return self.token


def test_an_api_key_is_exchanged_once_a_minute(clock):
    exchange = Exchange()
    keys = ApiKeys(exchange, clock)
    assert {keys.token("npk_a") for _ in range(5)} == {exchange.token}
    assert exchange.asked == 1
    clock.at += 61
    keys.token("npk_a")
    assert exchange.asked == 2


def test_a_refused_key_is_asked_again_after_five_seconds(clock):
    exchange = Exchange()
    keys = ApiKeys(exchange, clock)
    exchange.token, good = None, exchange.token
    for _ in range(5):
        with pytest.raises(TokenRefused):
            keys.token("npk_a")
    assert exchange.asked == 1
    clock.at += 6
    exchange.token = good
    assert keys.token("npk_a") == good


def test_a_kept_token_serves_while_identity_is_down(clock):
    exchange = Exchange()
    keys = ApiKeys(exchange, clock)
    keys.token("npk_a")
    exchange.is_down = True
    clock.at += 90
    assert keys.token("npk_a") == exchange.token
    with pytest.raises(Unavailable):
        keys.token("npk_b")


def test_memory_for_keys_is_bounded(clock):
    exchange = Exchange()
    keys = ApiKeys(exchange, clock)
    for number in range(1200):
        keys.token(f"npk_{number}")
    keys.token("npk_1199")
    assert exchange.asked == 1200
    keys.token("npk_0")  # forgotten to make room
    assert exchange.asked == 1201
