"""From an appointment to a mail in the client's mailbox, over real SMTP."""

from datetime import timedelta

import icalendar

from tests import people
from tests.integration.notification import happenings as given
from tests.integration.notification.happenings import MONDAY_10, WEEK_BEFORE, Visit, hear


def address_of(visit):
    return f"maria.{visit.client_id.hex[:8]}@example.org"


def calendar_of(letter):
    part = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
    return part, icalendar.Calendar.from_ical(part.get_content())


def test_a_booking_is_confirmed_by_mail_in_the_clinics_time(dispatcher, mailbox, at, rows):
    visit = Visit(where=people.LISBON)
    at(WEEK_BEFORE)
    hear(given.clinic(people.LISBON), given.client(visit.client_id), visit.booked())

    dispatcher.turn()

    [letter] = mailbox.of(address_of(visit))
    text = letter.get_body(("plain",)).get_content()
    assert letter["Subject"] == "Your appointment at Needlepoint Lisbon"
    assert letter["From"] == "Needlepoint Lisbon <clinic@needlepoint.example>"
    assert letter["Reply-To"] == "soho@needlepoint.example"
    assert "Hello Maria," in text
    assert "Monday 7 January 2030" in text
    assert "10:00 (Lisbon time, UTC+00:00)" in text
    assert [row["state"] for row in rows(visit)] == ["sent", "planned"]


def test_no_mail_says_what_the_appointment_is_for(dispatcher, mailbox, at):
    visit = Visit()
    at(WEEK_BEFORE)
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    hear(visit.moved(MONDAY_10 + timedelta(days=1)), visit.cancelled())
    dispatcher.turn()

    for raw in mailbox.taken:
        assert b"cne" not in raw
        assert b"scar" not in raw.lower()


def test_the_confirmation_carries_an_invitation(dispatcher, mailbox, at):
    visit = Visit()
    at(WEEK_BEFORE)
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    dispatcher.turn()

    part, calendar = calendar_of(mailbox.letters[0])
    [event] = calendar.walk("VEVENT")
    assert part.get_param("method") == "REQUEST"
    assert calendar["METHOD"] == "REQUEST"
    assert event["UID"] == f"{visit.id}@needlepoint"
    assert event["SEQUENCE"] == 1
    assert event["ORGANIZER"] == "mailto:clinic@needlepoint.example"
    assert event["DTSTART"].dt == MONDAY_10
    assert str(event["DTSTART"].params["TZID"]) == "Europe/London"
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Europe/London"]


def test_a_cancellation_takes_the_same_entry_out_of_the_calendar(dispatcher, mailbox, at):
    visit = Visit()
    at(WEEK_BEFORE)
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    dispatcher.turn()
    hear(visit.cancelled())
    dispatcher.turn()

    (_, first), (part, last) = (calendar_of(letter) for letter in mailbox.letters)
    assert part.get_param("method") == "CANCEL"
    assert first.walk("VEVENT")[0]["UID"] == last.walk("VEVENT")[0]["UID"]
    assert last.walk("VEVENT")[0]["SEQUENCE"] == 2
    assert last.walk("VEVENT")[0]["STATUS"] == "CANCELLED"


def test_a_name_cannot_write_headers_or_markup(dispatcher, mailbox, at):
    visit = Visit()
    at(WEEK_BEFORE)
    hear(
        given.clinic(name="Soho\r\nBcc: thief@example.org"),
        given.client(visit.client_id, given_name="<b>Ma\nria</b>"),
        visit.booked(),
    )
    dispatcher.turn()

    [letter] = mailbox.letters
    assert letter["Bcc"] is None
    assert letter["Subject"] == "Your appointment at Soho Bcc: thief@example.org"
    assert "&lt;b&gt;Ma ria&lt;/b&gt;" in letter.get_body(("html",)).get_content()


def test_an_umlaut_in_the_clinics_name_and_address_arrives(dispatcher, mailbox, at):
    visit = Visit()
    at(WEEK_BEFORE)
    hear(
        given.clinic(name="Needlepoint Zürich"),
        given.client(visit.client_id, email="maria@zürich.example"),
        visit.booked(),
    )
    dispatcher.turn()

    [letter] = mailbox.letters
    assert letter["To"] == "maria@xn--zrich-kva.example"
    assert letter["Subject"] == "Your appointment at Needlepoint Zürich"


def test_the_announcement_holds_neither_text_nor_address(dispatcher, mailbox, at, announced):
    visit = Visit()
    at(WEEK_BEFORE)
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    dispatcher.turn()

    [sent] = announced()
    assert sent["type"] == "notification.message_sent.v1"
    assert sent["clinic_id"] == people.SOHO.id
    assert sent["data"]["kind"] == "confirmation"
    assert "example.org" not in str(sent["data"])


def test_a_client_of_another_clinic_is_reached_too(dispatcher, mailbox, at):
    visit = Visit(where=people.SOHO)
    at(WEEK_BEFORE)
    hear(given.clinic(), visit.booked(), given.client(visit.client_id, where=people.LISBON))
    dispatcher.turn()

    assert len(mailbox.of(address_of(visit))) == 1
