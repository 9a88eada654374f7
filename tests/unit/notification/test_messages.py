"""Which messages an appointment calls for, and whether one may go now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.notification.domain import messages as rules
from services.notification.domain.appointments import Appointment
from services.notification.domain.messages import SEND, Clinic, Contact, Kind, State

MONDAY_10 = datetime(2030, 1, 7, 10, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOBODY = UUID(int=0)
CLINIC = Clinic("Soho", "Europe/London", None, None)
MARIA = Contact("Maria", "maria@example.org", None, "en", active=True, erased=False)


def an_appointment(**facts):
    usual = Appointment(
        id=NOBODY,
        clinic_id=NOBODY,
        client_id=NOBODY,
        version=1,
        status="booked",
        starts_at=MONDAY_10,
        ends_at=MONDAY_10 + HOUR,
        time_zone="Europe/London",
        practitioner_id=NOBODY,
        practitioner_name="Priya",
    )
    return replace(usual, **facts)


def judged(kind, appointment, now=MONDAY_10 - DAY, clinic=CLINIC, contact=MARIA):
    plan = rules.at_once(kind, an_appointment(), now)
    verdict = rules.may_go(plan, appointment, clinic, contact, now)
    return verdict.state, verdict.reason


@pytest.mark.parametrize("status", ["booked", "confirmed"])
@pytest.mark.parametrize("kind", [Kind.CONFIRMATION, Kind.MOVED, Kind.REMINDER])
def test_who_is_expected_is_told(kind, status):
    assert judged(kind, an_appointment(status=status)) == (State.SENDING, None)


@pytest.mark.parametrize("status", ["cancelled", "missed", "completed", "arrived", "lapsed"])
@pytest.mark.parametrize("kind", [Kind.CONFIRMATION, Kind.MOVED, Kind.REMINDER])
def test_who_is_not_expected_is_not_told(kind, status):
    found = judged(kind, an_appointment(status=status))
    assert found == (State.CANCELLED, f"appointment_{status}")


def test_a_cancellation_is_told_only_while_it_is_one():
    assert judged(Kind.CANCELLED, an_appointment(status="cancelled"))[0] is State.SENDING
    assert judged(Kind.CANCELLED, an_appointment())[0] is State.CANCELLED


def test_an_older_version_is_never_told():
    assert judged(Kind.REMINDER, an_appointment(version=2)) == (State.DROPPED, "outdated")


def test_nothing_is_told_when_it_is_useless():
    assert judged(Kind.CONFIRMATION, an_appointment(), now=MONDAY_10) == (State.DROPPED, "too_late")


def test_what_is_not_known_yet_is_waited_for():
    visit = an_appointment()
    assert judged(Kind.REMINDER, visit, clinic=None) == (State.WAITING, "clinic_unknown")
    assert judged(Kind.REMINDER, visit, contact=None) == (State.WAITING, "contact_unknown")
    assert judged(Kind.REMINDER, None) == (State.WAITING, "appointment_unknown")


@pytest.mark.parametrize(
    ("contact", "found"),
    [
        (replace(MARIA, erased=True), (State.DROPPED, "client_erased")),
        (replace(MARIA, active=False), (State.DROPPED, "client_inactive")),
        (replace(MARIA, email=None), (State.NO_CHANNEL, "no_address")),
        (replace(MARIA, email=None, phone="+441"), (State.NO_CHANNEL, "no_sms_gateway")),
    ],
)
def test_who_cannot_be_reached_is_named_with_the_reason(contact, found):
    assert judged(Kind.REMINDER, an_appointment(), contact=contact) == found


def test_a_reminder_waits_for_the_morning_and_a_cancellation_does_not():
    night = MONDAY_10.replace(hour=23) - DAY
    reminder = rules.at_once(Kind.REMINDER, an_appointment(), night)
    verdict = rules.may_go(reminder, an_appointment(), CLINIC, MARIA, night)
    assert (verdict.state, verdict.not_before) == (State.PLANNED, MONDAY_10.replace(hour=8))

    moved = rules.at_once(Kind.MOVED, an_appointment(), night)
    assert rules.may_go(moved, an_appointment(), CLINIC, MARIA, night) is SEND


def test_a_reminder_that_the_morning_would_spoil_goes_at_night():
    night = MONDAY_10.replace(hour=23) - DAY
    plan = replace(
        rules.at_once(Kind.REMINDER, an_appointment(), night),
        useful_until=MONDAY_10.replace(hour=7),
    )
    assert rules.may_go(plan, an_appointment(), CLINIC, MARIA, night) is SEND


def test_a_person_may_send_at_night():
    night = MONDAY_10.replace(hour=23) - DAY
    plan = rules.again(Kind.REMINDER, an_appointment(), night)
    assert rules.may_go(plan, an_appointment(), CLINIC, MARIA, night) is SEND


def test_the_reminder_is_the_last_to_know_of_a_booking_within_the_hour():
    told = MONDAY_10 - DAY - HOUR
    assert rules.reminder(an_appointment(), told).dropped == "booked_inside_notice"
    assert rules.reminder(an_appointment(), told - timedelta(minutes=1)).dropped is None


def test_advice_follows_a_day_after_and_helps_for_another():
    plan = rules.aftercare(MONDAY_10, "Europe/London")
    assert (plan.due_at, plan.useful_until) == (MONDAY_10 + DAY, MONDAY_10 + 2 * DAY)
    assert rules.may_go(plan, None, CLINIC, MARIA, plan.due_at) is SEND


def test_pauses_between_tries_double_up_to_an_hour():
    pauses = [rules.next_try(tries, MONDAY_10) - MONDAY_10 for tries in range(1, 9)]
    assert [pause.total_seconds() / 60 for pause in pauses] == [1, 2, 4, 8, 16, 32, 60, 60]
