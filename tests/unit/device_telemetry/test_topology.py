import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.device_telemetry.clients.broker import BrokerUnreachable
from services.device_telemetry.domain.topology import BINDINGS, CAUGHT, UNROUTED, Found, missing
from services.device_telemetry.usecases.topology import DOUBTED_S, HELD_S, PROVEN_S, Proof

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
    """A clock and a broker that a test turns by hand; `look` is what its Sight is asked for."""

    def __init__(self):
        self.now, self.found, self.asked, self.start = 0.0, ALL, 0, 1
        self.takes_s, self.before_it_shows = 0.0, lambda: None
        self.proof = Proof(self.look, lambda: self.now)

    def look(self):
        self.asked += 1
        self.now += self.takes_s
        self.before_it_shows()
        if self.found is None:
            raise BrokerUnreachable
        return Seen(self, self.found)

    def restart(self):
        self.start += 1


class Seen:
    """What one start of that broker showed; its connection breaks with it."""

    def __init__(self, hand, found):
        self.hand, self.found, self.start, self.closed = hand, found, hand.start, False

    def holds(self):
        assert not self.closed
        return self.hand.start == self.start

    def close(self):
        self.closed = True


def test_what_was_proven_is_asked_again_after_two_seconds():
    hand = Hand()
    assert [hand.proof.stands(), hand.proof.stands()] == [True, True]
    assert hand.asked == 1
    hand.found = Found(frozenset())
    hand.now = PROVEN_S - 0.01
    assert hand.proof.stands()
    hand.now = PROVEN_S
    assert not hand.proof.stands()


def test_a_broker_that_started_again_has_proven_nothing():
    hand = Hand()
    assert hand.proof.stands()
    hand.restart()
    assert not hand.proof.stands()
    hand.now = PROVEN_S
    assert hand.proof.stands()


def test_a_broker_that_does_not_answer_has_proven_nothing():
    hand = Hand()
    hand.found = None
    assert not hand.proof.stands()
    hand.found = ALL
    assert not hand.proof.stands()
    hand.now = DOUBTED_S
    assert hand.proof.stands()


def test_a_broker_too_busy_to_show_its_queues_again_is_believed_for_half_a_minute():
    hand = Hand()
    assert hand.proof.stands()
    hand.found, hand.takes_s = None, 5.0
    while hand.now < HELD_S - 6:
        hand.now += 1
        assert hand.proof.stands()
    hand.now = HELD_S
    assert not hand.proof.stands()


def test_a_broker_that_shows_its_queues_slowly_opens_the_door_to_all_who_wait():
    """The others go in by what was shown before while one asks again."""
    hand = Hand()
    hand.takes_s = 3 * PROVEN_S
    assert [hand.proof.stands() for _ in range(9)] == [True] * 9
    assert hand.asked == 1
    hand.now += PROVEN_S
    asking, shown = threading.Event(), threading.Event()

    def slowly():
        asking.set()
        assert shown.wait(60)

    hand.before_it_shows = slowly
    with ThreadPoolExecutor(1) as pool:
        one = pool.submit(hand.proof.stands)
        assert asking.wait(60)
        assert [hand.proof.stands() for _ in range(9)] == [True] * 9
        shown.set()
        assert one.result(60)
