"""What waits for a reader of a live stream, and what a slow one loses."""

from uuid import UUID

from services.headquarters.domain.streams import HEADQUARTERS, View
from shared.streams import MOST_URGENT, MOST_WAITING, Message, Waiting, frame

SOHO, LISBON = UUID(int=1), UUID(int=2)


def everything():
    return of(View(HEADQUARTERS, None))


def of(view):
    return Waiting(lambda said: view.shows(said.event, said.clinic_id))


def a_message(position, event="clinic", clinic=SOHO, key="clinic 1"):
    return Message(position, event, "{}", clinic, key)


def an_alarm(position, clinic=SOHO):
    return Message(position, "alarm", "{}", clinic, None)


def positions(waiting):
    return [message.position for message in waiting.take()]


def test_only_the_newest_word_on_a_clinic_waits():
    waiting = everything()
    waiting.put([a_message(1), a_message(2, key="clinic 2"), a_message(3)])
    assert positions(waiting) == [2, 3]
    assert len(waiting) == 0


def test_a_slow_reader_loses_the_oldest_and_is_told():
    waiting = everything()
    waiting.put(a_message(n, key=f"clinic {n}") for n in range(MOST_WAITING + 3))
    assert waiting.lost
    assert positions(waiting) == list(range(3, MOST_WAITING + 3))


def test_alarms_are_never_lost():
    waiting = everything()
    waiting.put([an_alarm(0)])
    waiting.put(a_message(n, key=f"clinic {n}") for n in range(1, 2 * MOST_WAITING))
    assert positions(waiting)[0] == 0


def test_a_reader_thousands_of_alarms_behind_is_sent_away():
    waiting = everything()
    waiting.put(an_alarm(n) for n in range(MOST_URGENT))
    assert not waiting.overrun
    waiting.put([an_alarm(MOST_URGENT)])
    assert waiting.overrun


def test_a_desk_sees_its_own_clinic_only():
    waiting = of(View.desk(SOHO))
    waiting.put([an_alarm(1), an_alarm(2, clinic=LISBON), a_message(3, "overview", clinic=None)])
    assert positions(waiting) == [1]


def test_headquarters_sees_no_single_appointment():
    waiting = everything()
    waiting.put([a_message(1, "appointment", key="appointment 1")])
    assert positions(waiting) == []


def test_an_event_is_framed_with_its_id():
    assert frame("tick", '{"a":1}', 7) == b'id: 7\nevent: tick\ndata: {"a":1}\n\n'
