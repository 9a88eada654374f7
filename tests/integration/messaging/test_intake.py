"""Raw messages taken in: held in memory only so much, whoever is slow."""

from contextlib import closing

import pika
import pytest

from shared.amqp import intake as intakes
from shared.amqp.intake import Intake
from tests.patience import until

QUEUE, MESSAGES, SIZE = "shards", 400, 64 * 1024


@pytest.fixture
def intake(amqp_url, monkeypatch):
    """An intake that may hold a sixteenth of what waits for it."""
    monkeypatch.setattr(intakes, "MOST_HELD", MESSAGES * SIZE // 16)
    parameters = pika.URLParameters(amqp_url)
    with closing(pika.BlockingConnection(parameters)) as connection:
        channel = connection.channel()
        channel.queue_declare(QUEUE)
        channel.confirm_delivery()
        for _ in range(MESSAGES):
            channel.basic_publish("", QUEUE, bytes(SIZE))
        with Intake(parameters, {"readings": [QUEUE]}, prefetch=MESSAGES) as found:
            yield found
        channel.queue_delete(QUEUE)


def test_no_more_is_held_while_the_database_is_away_and_nothing_is_lost(intake):
    until(lambda: intake.breathe(0.01) or intake.waiting("readings"))
    for _ in range(200):
        intake.breathe(0.01)
    assert intake.waiting("readings") < MESSAGES // 2
    taken = []

    def all_came():
        intake.wait(0.1)
        taken.extend(intake.take("readings", 50))
        return len(taken) == MESSAGES

    until(all_came)
    assert [each.tag for each in taken] == list(range(1, MESSAGES + 1))


@pytest.mark.parametrize("said", ["often", "7", b"\xff", None, [3]])
def test_a_sender_cannot_say_how_often_the_broker_delivered_its_message(amqp_url, said):
    """A device can name headers as it likes by MQTT 5; the broker counts in whole numbers."""
    parameters = pika.URLParameters(amqp_url)
    with closing(pika.BlockingConnection(parameters)) as connection:
        channel = connection.channel()
        channel.queue_declare("lies", durable=True, arguments={"x-queue-type": "quorum"})
        lie = pika.BasicProperties(headers={"x-delivery-count": said})
        channel.basic_publish("", "lies", b"{}", lie)
        with Intake(parameters, {"readings": ["lies"]}, prefetch=10) as intake:
            until(lambda: intake.wait(0.1) or intake.waiting("readings"))
            [came] = intake.take("readings", 10)
        assert came.returned == 0
        with Intake(parameters, {"readings": ["lies"]}, prefetch=10) as intake:
            until(lambda: intake.wait(0.1) or intake.waiting("readings"))
            [came] = intake.take("readings", 10)
        assert came.returned == 1
