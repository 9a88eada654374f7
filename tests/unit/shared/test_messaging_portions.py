from collections import deque

from shared.amqp.intake import MOST_BYTES, portion
from shared.amqp.subscription import Delivery


def waiting(*sizes):
    return deque(Delivery(tag, bytes(size), 0, "pens") for tag, size in enumerate(sizes, 1))


def test_a_transaction_takes_the_oldest_and_leaves_the_rest():
    queue = waiting(10, 10, 10)
    assert [each.tag for each in portion(queue, 2)] == [1, 2]
    assert [each.tag for each in queue] == [3]
    assert [each.tag for each in portion(queue, 2)] == [3]
    assert portion(queue, 2) == []


def test_large_messages_make_a_transaction_of_fewer():
    queue = waiting(MOST_BYTES // 2, MOST_BYTES // 2, 1)
    assert [each.tag for each in portion(queue, 1000)] == [1, 2]


def test_a_message_larger_than_a_transaction_travels_alone():
    queue = waiting(MOST_BYTES + 1, MOST_BYTES + 1)
    assert [each.tag for each in portion(queue, 1000)] == [1]
    assert [each.tag for each in portion(queue, 1000)] == [2]
