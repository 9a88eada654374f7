import pytest

from services.device_telemetry.clients.broker import BrokerUnreachable
from services.device_telemetry.domain.topology import BINDINGS, CAUGHT, UNROUTED, Found, missing
from services.device_telemetry.usecases.topology import DOUBTED_S, PROVEN_S, Proof

ALL = Found(BINDINGS, dict.fromkeys(CAUGHT, UNROUTED))


def test_nothing_is_missing_when_everything_stands():
    assert missing(ALL) == []
    more = Found(BINDINGS | {("amq.topic", "mqtt-subscription-x", "x")}, ALL.alternates)
    assert missing(more) == []


@pytest.mark.parametrize("binding", sorted(BINDINGS))
def test_each_binding_is_missed(binding):
    assert len(missing(Found(BINDINGS - {binding}, ALL.alternates))) == 1


@pytest.mark.parametrize("exchange", sorted(CAUGHT))
def test_an_exchange_that_drops_what_it_cannot_route_is_missed(exchange):
    for other in (None, "elsewhere"):
        assert len(missing(Found(BINDINGS, ALL.alternates | {exchange: other}))) == 1


class Hand:
    """A clock and a broker that a test turns by hand."""

    def __init__(self):
        self.now, self.found, self.asked = 0.0, ALL, 0
        self.proof = Proof(self.look, lambda: self.now)

    def look(self):
        self.asked += 1
        if self.found is None:
            raise BrokerUnreachable
        return self.found


def test_what_was_proven_counts_for_two_seconds():
    hand = Hand()
    assert [hand.proof.stands(), hand.proof.stands()] == [True, True]
    assert hand.asked == 1
    hand.found = Found(frozenset())
    hand.now = PROVEN_S - 0.01
    assert hand.proof.stands()
    hand.now = PROVEN_S
    assert not hand.proof.stands()


def test_a_broker_that_does_not_answer_has_proven_nothing():
    hand = Hand()
    hand.found = None
    assert not hand.proof.stands()
    hand.found = ALL
    assert not hand.proof.stands()
    hand.now = DOUBTED_S
    assert hand.proof.stands()
