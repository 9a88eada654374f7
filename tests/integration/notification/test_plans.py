"""Messages follow their appointment: planned with it, moved with it, dead with it."""

import uuid
from datetime import timedelta

from tests import people
from tests.integration.notification import happenings as given
from tests.integration.notification.happenings import MONDAY_10, WEEK_BEFORE, Visit, hear

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def of(rows, kind):
    return [row for row in rows if row["kind"] == kind]


def a_booked_visit(**facts):
    visit = Visit(**facts)
    hear(given.clinic(visit.where), given.client(visit.client_id), visit.booked())
    return visit


def test_the_reminder_is_due_a_day_before_by_the_clock_on_the_wall(pool, at, rows):
    pool("notification")
    at(WEEK_BEFORE)
    visit = a_booked_visit()

    [reminder] = of(rows(visit), "reminder_24h")
    assert reminder["due_at"] == MONDAY_10 - DAY
    assert reminder["useful_until"] == MONDAY_10 - 2 * HOUR


def test_a_moved_appointment_takes_its_reminder_along(dispatcher, mailbox, at, rows):
    at(WEEK_BEFORE)
    visit = a_booked_visit()
    dispatcher.turn()
    hear(visit.moved(MONDAY_10 + 2 * DAY))
    dispatcher.turn()

    [reminder] = of(rows(visit), "reminder_24h")
    assert (reminder["due_at"], reminder["appointment_version"]) == (MONDAY_10 + DAY, 2)
    assert [letter["Subject"] for letter in mailbox.letters] == [
        "Your appointment at Needlepoint Soho",
        "Your appointment at Needlepoint Soho has moved",
    ]


def test_a_move_before_the_confirmation_went_out_is_told_in_the_confirmation(
    dispatcher, mailbox, at
):
    at(WEEK_BEFORE)
    visit = a_booked_visit()
    hear(visit.moved(MONDAY_10 + DAY))
    dispatcher.turn()

    [letter] = mailbox.letters
    assert letter["Subject"] == "Your appointment at Needlepoint Soho"
    assert "Tuesday 8 January 2030" in letter.get_body(("plain",)).get_content()


def test_a_second_move_is_told_again(dispatcher, mailbox, at):
    at(WEEK_BEFORE)
    visit = a_booked_visit()
    dispatcher.turn()
    for days in (1, 2):
        hear(visit.moved(MONDAY_10 + days * DAY))
        dispatcher.turn()

    told = [letter.get_body(("plain",)).get_content() for letter in mailbox.letters[1:]]
    assert ["Tuesday 8" in told[0], "Wednesday 9" in told[1]] == [True, True]


def test_a_reminder_that_was_sent_is_sent_anew_for_the_new_time(dispatcher, mailbox, at, rows):
    at(WEEK_BEFORE)
    visit = a_booked_visit()
    dispatcher.turn()
    at(MONDAY_10 - DAY)
    dispatcher.turn()
    hear(visit.moved(MONDAY_10 + 7 * DAY, at=MONDAY_10 - HOUR))
    at(MONDAY_10 + 6 * DAY)
    dispatcher.turn()

    assert [row["state"] for row in of(rows(visit), "reminder_24h")] == ["sent", "sent"]
    assert [letter["Subject"].partition(":")[0] for letter in mailbox.letters].count(
        "Reminder"
    ) == 2


def test_a_cancelled_appointment_is_told_and_nothing_else_goes_out(dispatcher, mailbox, at, rows):
    at(WEEK_BEFORE)
    visit = a_booked_visit()
    dispatcher.turn()
    hear(visit.cancelled())
    at(MONDAY_10 - DAY)
    dispatcher.turn()

    assert {row["kind"]: row["state"] for row in rows(visit)} == {
        "confirmation": "sent",
        "reminder_24h": "cancelled",
        "cancelled": "sent",
    }
    assert len(mailbox.taken) == 2


def test_confirming_changes_no_message(dispatcher, mailbox, at, rows):
    at(WEEK_BEFORE)
    visit = a_booked_visit()
    dispatcher.turn()
    hear(visit.confirmed())
    dispatcher.turn()
    at(MONDAY_10 - DAY)
    dispatcher.turn()

    assert [row["state"] for row in rows(visit)] == ["sent", "sent"]
    assert len(mailbox.taken) == 2


def test_who_books_within_a_day_is_not_reminded_of_what_they_just_heard(pool, at, rows):
    pool("notification")
    at(MONDAY_10 - 20 * HOUR)
    visit = Visit()
    hear(given.clinic(), given.client(visit.client_id), visit.booked(at=MONDAY_10 - 20 * HOUR))

    [reminder] = of(rows(visit), "reminder_24h")
    assert (reminder["state"], reminder["reason"]) == ("dropped", "booked_inside_notice")


def test_an_early_appointment_is_reminded_in_the_morning_before(pool, at, rows):
    pool("notification")
    at(WEEK_BEFORE)
    visit = a_booked_visit(starts_at=MONDAY_10.replace(hour=7))

    [reminder] = of(rows(visit), "reminder_24h")
    assert reminder["due_at"] == MONDAY_10.replace(hour=8) - DAY


def test_a_reminder_that_comes_too_late_is_dropped_and_announced(
    dispatcher, mailbox, at, rows, announced
):
    at(WEEK_BEFORE)
    visit = a_booked_visit()
    dispatcher.turn()
    at(MONDAY_10 - HOUR)
    dispatcher.turn()

    [reminder] = of(rows(visit), "reminder_24h")
    assert (reminder["state"], reminder["reason"]) == ("dropped", "too_late")
    assert [(each["type"], each["data"]["reason"]) for each in announced()][-1] == (
        "notification.message_failed.v1",
        "too_late",
    )
    assert len(mailbox.taken) == 1


def test_a_late_dispatcher_does_not_wake_anybody(dispatcher, mailbox, at, rows):
    at(WEEK_BEFORE)
    visit = a_booked_visit(starts_at=MONDAY_10.replace(hour=19))
    dispatcher.turn()
    at(MONDAY_10.replace(hour=22) - DAY)
    dispatcher.turn()
    assert of(rows(visit), "reminder_24h")[0]["reason"] == "quiet_hours"

    at(MONDAY_10.replace(hour=8))
    dispatcher.turn()
    assert of(rows(visit), "reminder_24h")[0]["state"] == "sent"


def test_the_day_after_a_treatment_brings_advice(dispatcher, mailbox, at, rows):
    at(WEEK_BEFORE)
    visit = a_booked_visit()
    dispatcher.turn()
    at(MONDAY_10 + HOUR)
    hear(visit.session(MONDAY_10 + HOUR))
    at(MONDAY_10 + HOUR + DAY)
    dispatcher.turn()

    [letter] = [each for each in mailbox.letters if each["Subject"].startswith("After")]
    assert "mineral sunscreen" in letter.get_body(("plain",)).get_content()
    assert of(rows(visit), "aftercare_day_1")[0]["due_at"] == MONDAY_10 + HOUR + DAY


def test_advice_after_a_late_treatment_waits_for_the_morning(pool, at, rows):
    pool("notification")
    at(MONDAY_10)
    visit = a_booked_visit()
    hear(visit.session(MONDAY_10.replace(hour=21, minute=30)))

    [advice] = of(rows(visit), "aftercare_day_1")
    assert advice["due_at"] == MONDAY_10.replace(hour=8) + 2 * DAY


def test_a_session_broken_off_before_any_zone_needs_no_advice(pool, at, rows):
    pool("notification")
    at(MONDAY_10)
    untouched, touched = Visit(), Visit()
    hear(untouched.session(MONDAY_10, "stopped", zones=()), touched.session(MONDAY_10, "stopped"))

    assert rows(untouched) == []
    assert [row["kind"] for row in rows(touched)] == ["aftercare_day_1"]


def test_an_appointment_heard_of_before_its_client_and_clinic_loses_no_message(
    dispatcher, mailbox, at, rows
):
    at(WEEK_BEFORE)
    visit = Visit()
    hear(visit.booked())
    dispatcher.turn()
    assert {row["reason"] for row in rows(visit)} == {"contact_unknown"}

    hear(given.client(visit.client_id))
    dispatcher.turn()
    assert of(rows(visit), "confirmation")[0]["reason"] == "clinic_unknown"

    hear(given.clinic())
    dispatcher.turn()
    assert len(mailbox.taken) == 1


def test_without_an_address_the_plan_says_so_and_goes_when_one_arrives(
    dispatcher, mailbox, at, rows
):
    at(WEEK_BEFORE)
    visit = Visit()
    hear(given.clinic(), given.client(visit.client_id, email=None, phone="+447000000000"))
    hear(visit.booked())
    dispatcher.turn()
    found = {(row["state"], row["reason"], row["channel"]) for row in rows(visit)}
    assert found == {("no_channel", "no_sms_gateway", "sms")}

    hear(given.client(visit.client_id, version=2))
    dispatcher.turn()
    assert len(mailbox.taken) == 1


def test_what_found_no_way_in_time_has_failed(dispatcher, mailbox, at, rows, announced):
    at(WEEK_BEFORE)
    visit = Visit()
    hear(given.clinic(), given.client(visit.client_id, email=None), visit.booked())
    at(MONDAY_10)
    dispatcher.turn()

    assert {(row["state"], row["reason"]) for row in rows(visit)} == {("failed", "no_address")}
    assert {each["data"]["reason"] for each in announced()} == {"no_address"}


def test_an_erased_client_hears_nothing_more_and_their_key_is_gone(
    dispatcher, mailbox, at, rows, admin_dsn
):
    at(WEEK_BEFORE)
    visit = a_booked_visit()
    dispatcher.turn()
    hear(given.erased(visit.client_id), given.client(visit.client_id, version=9))
    at(MONDAY_10 - DAY)
    dispatcher.turn()

    assert of(rows(visit), "reminder_24h")[0]["reason"] == "client_erased"
    assert len(mailbox.taken) == 1
    [client] = looked_up(admin_dsn, "SELECT data_key, contact FROM notification.clients")
    assert client == (None, None)


def test_no_contact_stands_readable_in_the_database(pool, at, admin_dsn):
    pool("notification")
    at(WEEK_BEFORE)
    a_booked_visit(where=people.SOHO, client_id=uuid.uuid4())

    [[kept]] = looked_up(admin_dsn, "SELECT c::text FROM notification.clients AS c")
    assert "Maria" not in kept
    assert "example.org" not in kept
    assert b"example.org".hex() not in kept


def looked_up(dsn, sql):
    import psycopg2

    connection = psycopg2.connect(dsn)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()
    finally:
        connection.close()
