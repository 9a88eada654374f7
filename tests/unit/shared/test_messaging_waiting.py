from shared.amqp.subscription import Delivery
from shared.amqp.waiting import MOST_BYTES, Waiting


def waiting(*sizes, of_one=None, senders=("pens",)):
    queue = Waiting(of_one)
    for tag, size in enumerate(sizes, 1):
        queue.add(Delivery(tag, bytes(size), 0, senders[(tag - 1) % len(senders)]))
    return queue


def tags(deliveries):
    return [each.tag for each in deliveries]


def test_a_transaction_takes_the_oldest_and_leaves_the_rest():
    queue = waiting(10, 10, 10)
    assert tags(queue.take(2)) == [1, 2]
    assert (len(queue), queue.oldest, queue.bytes) == (1, 3, 10)
    assert tags(queue.take(2)) == [3]
    assert queue.take(2) == []
    assert (len(queue), queue.oldest, queue.newest, queue.bytes) == (0, None, 3, 0)


def test_large_messages_make_a_transaction_of_fewer():
    queue = waiting(MOST_BYTES // 2, MOST_BYTES // 2, 1)
    assert tags(queue.take(1000)) == [1, 2]


def test_a_message_larger_than_a_transaction_travels_alone():
    queue = waiting(MOST_BYTES + 1, MOST_BYTES + 1)
    assert tags(queue.take(1000)) == [1]
    assert tags(queue.take(1000)) == [2]


def test_of_one_sender_a_few_are_taken_at_once_and_each_senders_in_their_order():
    queue = waiting(*[1] * 9, of_one=2, senders=("a", "a", "b"))
    assert tags(queue.take(1000)) == [1, 2, 3, 6]
    assert tags(queue.take(1000)) == [4, 5, 9]
    assert tags(queue.take(1000)) == [7, 8]


def test_what_has_come_is_news_once():
    queue = waiting(1, 1)
    assert tags(queue.news()) == [1, 2]
    queue.add(Delivery(3, b"", 0, "pens"))
    queue.take(2)
    assert tags(queue.news()) == [3]
    assert queue.news() == []


def test_only_what_nothing_waits_before_is_acknowledged_at_once():
    queue = waiting(*[1] * 6, of_one=2, senders=("a", "a", "a", "b"))
    assert queue.settled(queue.take(1000)) == (2, [4])
    assert queue.settled(queue.take(1)) == (3, [])
    assert queue.settled(queue.take(1000)) == (6, [])
    late = waiting(*[1] * 3, of_one=1, senders=("a", "a", "b"))
    assert queue.settled([]) == (0, [])
    assert tags(late.take(1)) == [1]
    assert late.settled([Delivery(3, b"", 0, "b")]) == (0, [3])


def test_who_goes_first_takes_along_what_it_had_sent_before_and_then_others_have_a_turn():
    queue = waiting(*[1] * 10, senders=("a", "b", "b", "c", "b"))
    queue.prefer({"b": 7, "c": 4})
    assert tags(queue.take(2)) == [2, 3]
    queue.prefer({"b": 8})
    assert tags(queue.take(2)) == [1, 4]
    assert tags(queue.take(10)) == [5, 7, 8]
    assert tags(queue.take(10)) == [6, 9, 10]
    assert queue.settled([]) == (0, [])
    assert queue.bytes == 0


def test_who_was_to_go_first_and_is_taken_already_keeps_nobody_waiting():
    queue = waiting(*[1] * 4, senders=("a", "b"))
    assert tags(queue.take(2)) == [1, 2]
    queue.prefer({"b": 2})
    assert tags(queue.take(2)) == [3, 4]
    queue.prefer({"b": 4})
    assert queue.take(2) == []


def test_who_goes_first_makes_no_larger_transactions_than_others():
    queue = waiting(MOST_BYTES // 2, MOST_BYTES // 2, MOST_BYTES // 2)
    queue.prefer({"pens": 3})
    assert tags(queue.take(1000)) == [1, 2]
    assert tags(queue.take(1000)) == [3]
