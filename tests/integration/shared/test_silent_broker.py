"""A broker that takes the connection and says nothing is one to come back to."""

import socket

import pika
import pytest

from shared.amqp import link
from shared.amqp.handover import BrokerGone, Handover


@pytest.fixture
def silent(monkeypatch):
    """The address of a broker that is too busy for any handshake."""
    monkeypatch.setattr(link, "CONNECT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"amqp://127.0.0.1:{server.getsockname()[1]}"


def test_whoever_connects_is_told_to_connect_again(silent):
    with pytest.raises(link.LOST) as told:
        pika.BlockingConnection(link.parameters(silent, "tests"))
    assert not link.is_setup_fault(told.value)


def test_what_is_handed_over_is_refused_in_words_and_not_as_a_fault_of_ours(silent):
    with pytest.raises(BrokerGone):
        Handover(silent, "tests").give("amq.topic", "a", b"{}")
