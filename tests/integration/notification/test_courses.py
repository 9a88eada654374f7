"""A course is confirmed by one mail, which lists its sessions; each has its own reminder."""

import uuid
from datetime import timedelta

import icalendar
import pytest

from tests import people
from tests.integration.notification import happenings as given
from tests.integration.notification.happenings import MONDAY_10, WEEK_BEFORE, Visit, hear

MANY = 6
DAYS = "7 January", "4 February", "4 March", "1 April", "29 April", "27 May"


def course(many=MANY):
    client_id, course_id = uuid.uuid4(), uuid.uuid4()
    visits = [Visit(MONDAY_10 + timedelta(days=28 * n), client_id=client_id) for n in range(many)]
    for number, visit in enumerate(visits, start=1):
        visit.facts = {
            "course_id": course_id,
            "course_number": number,
            "course_sessions": many,
        }
    return visits


def booked(visit):
    return visit.booked(**visit.facts)


def text_of(letter):
    return letter.get_body(("plain",)).get_content()


@pytest.mark.parametrize("order", [1, -1])
def test_a_course_of_six_is_told_in_one_mail_and_reminded_six_times(
    dispatcher, mailbox, at, rows, order
):
    at(WEEK_BEFORE)
    visits = course()
    hear(given.clinic(), given.client(visits[0].client_id))
    hear(*(booked(each) for each in visits[::order]))
    dispatcher.turn()

    [letter] = mailbox.letters
    assert letter["Subject"] == "Your 6 appointments at Needlepoint Soho"
    text = text_of(letter)
    places = [text.index(f"{each} 2030") for each in DAYS]
    assert places == sorted(places)
    assert text.count("10:00 (London time, UTC+00:00)") == 3  # before the clocks change
    assert text.count("11:00 (London time, UTC+01:00)") == 3  # the same moments of the day in UTC
    kinds = sorted(row["kind"] for row in rows())
    assert kinds == ["confirmation", *["reminder_24h"] * MANY]


def test_the_mail_of_a_course_puts_every_session_into_the_calendar(dispatcher, mailbox, at):
    at(WEEK_BEFORE)
    visits = course()
    hear(given.clinic(), given.client(visits[0].client_id), *(booked(each) for each in visits))
    dispatcher.turn()

    [letter] = mailbox.letters
    part = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
    calendar = icalendar.Calendar.from_ical(part.get_content())
    assert (part.get_param("method"), calendar["METHOD"]) == ("PUBLISH", "PUBLISH")
    entries = calendar.walk("VEVENT")
    assert [each["UID"] for each in entries] == [f"{each.id}@needlepoint" for each in visits]
    assert [each["DTSTART"].dt for each in entries] == [each.starts_at for each in visits]
    assert not any("ATTENDEE" in each for each in entries)


def test_the_mail_of_a_course_waits_until_every_session_was_heard_of(dispatcher, mailbox, at):
    at(WEEK_BEFORE)
    visits = course()
    hear(given.clinic(), given.client(visits[0].client_id), *(booked(each) for each in visits[:5]))
    dispatcher.turn()
    assert mailbox.letters == []
    hear(booked(visits[5]))
    at(WEEK_BEFORE + timedelta(seconds=10))
    dispatcher.turn()
    [letter] = mailbox.letters
    assert "27 May 2030" in text_of(letter)


def test_a_session_that_is_cancelled_before_the_mail_goes_is_not_listed(dispatcher, mailbox, at):
    at(WEEK_BEFORE)
    visits = course()
    hear(given.clinic(), given.client(visits[0].client_id), *(booked(each) for each in visits))
    hear(visits[2].cancelled())
    dispatcher.turn()
    told = next(each for each in mailbox.letters if "5 appointments" in each["Subject"])
    assert "4 March" not in text_of(told)
    assert any("cancelled" in each["Subject"] for each in mailbox.letters)


def test_a_session_that_moves_is_told_alone(dispatcher, mailbox, at):
    at(WEEK_BEFORE)
    visits = course()
    hear(given.clinic(), given.client(visits[0].client_id), *(booked(each) for each in visits))
    dispatcher.turn()
    hear(visits[3].moved(visits[3].starts_at + timedelta(days=1)))
    dispatcher.turn()
    assert [each["Subject"] for each in mailbox.letters] == [
        "Your 6 appointments at Needlepoint Soho",
        "Your appointment at Needlepoint Soho has moved",
    ]
    assert "2 April 2030" in text_of(mailbox.letters[1])


def test_a_course_of_one_session_is_an_appointment_like_any(dispatcher, mailbox, at):
    at(WEEK_BEFORE)
    [visit] = course(many=1)
    hear(given.clinic(people.SOHO), given.client(visit.client_id), booked(visit))
    dispatcher.turn()
    [letter] = mailbox.letters
    assert letter["Subject"] == "Your appointment at Needlepoint Soho"


def test_a_course_is_told_with_the_next_session_when_the_first_is_cancelled_before_the_mail(
    dispatcher, mailbox, at
):
    at(WEEK_BEFORE)
    visits = course()
    hear(given.clinic(), given.client(visits[0].client_id), *(booked(each) for each in visits))
    hear(visits[0].cancelled())
    dispatcher.turn()
    subjects = sorted(each["Subject"] for each in mailbox.letters)
    assert subjects[0] == "Your 5 appointments at Needlepoint Soho"
    assert len(subjects) == 2, "the other tells that the first is cancelled"


@pytest.mark.parametrize("heard", [1, 3])
def test_sessions_heard_of_after_the_first_was_cancelled_are_told_in_one_mail(
    dispatcher, mailbox, at, heard
):
    at(WEEK_BEFORE)
    visits = course()
    hear(given.clinic(), given.client(visits[0].client_id))
    hear(*(booked(each) for each in visits[:heard]))
    hear(visits[0].cancelled())
    hear(*(booked(each) for each in visits[heard:]))
    dispatcher.turn()
    subjects = [each["Subject"] for each in mailbox.letters]
    assert subjects.count("Your 5 appointments at Needlepoint Soho") == 1
    assert len(subjects) == 2


def test_who_gives_an_address_at_the_first_visit_is_told_of_the_visits_to_come(
    dispatcher, mailbox, at
):
    at(WEEK_BEFORE)
    visits = course()
    nowhere = given.client(visits[0].client_id, email=None)
    hear(given.clinic(), nowhere, *(booked(each) for each in visits))
    dispatcher.turn()
    at(MONDAY_10 + timedelta(minutes=1))
    dispatcher.turn()
    hear(visits[0].missed(MONDAY_10 + timedelta(minutes=20)))
    hear(given.client(visits[0].client_id, version=2))
    at(MONDAY_10 + timedelta(minutes=30))
    dispatcher.turn()
    [letter] = mailbox.letters
    assert letter["Subject"] == "Your 5 appointments at Needlepoint Soho"


def test_a_session_that_is_never_heard_of_does_not_hold_up_the_others_for_long(
    dispatcher, mailbox, at
):
    at(WEEK_BEFORE)
    visits = course()
    hear(given.clinic(), given.client(visits[0].client_id), *(booked(each) for each in visits[:5]))
    at(WEEK_BEFORE + timedelta(minutes=11))
    dispatcher.turn()
    hear(booked(visits[5]))
    dispatcher.turn()
    assert [each["Subject"] for each in mailbox.letters] == [
        "Your 5 appointments at Needlepoint Soho",
        "Your appointment at Needlepoint Soho",
    ]


def test_a_course_that_was_told_is_not_told_again_when_its_first_session_is_over(
    dispatcher, mailbox, at
):
    at(WEEK_BEFORE)
    visits = course()
    hear(given.clinic(), given.client(visits[0].client_id), *(booked(each) for each in visits))
    dispatcher.turn()
    at(MONDAY_10 + timedelta(minutes=30))
    hear(visits[0].missed(MONDAY_10 + timedelta(minutes=30)))
    dispatcher.turn()
    assert len(mailbox.letters) == 1
