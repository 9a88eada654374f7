"""A clock that was wild counts as right again when readings show it, whatever statuses lack."""

import itertools
from datetime import timedelta

import pytest

from deploy.devicekit.wire import as_binary, rfc3339
from services.device_telemetry.usecases import clocks
from shared import clock, db
from tests.integration.device_telemetry.readings import a_batch, arrive
from tests.integration.device_telemetry.sayings import is_on_line, kinds

# so far ahead readings are stored, and so far not
AHEAD_S = [180, 600]
LOST_S = -timedelta(days=20_000).total_seconds()
QUIET = timedelta(seconds=100)  # no word of a wild clock for so long


@pytest.fixture
def send(pen):
    """Send a second's samples each five seconds, by a clock `pace` times as fast as ours."""
    numbers = itertools.count(step=10)

    def send(since, seconds, *, ahead_s=0.0, pace=1.0):
        for second in range(0, seconds + 1, 5):
            now = since + timedelta(seconds=second)
            began = since + timedelta(seconds=ahead_s + pace * second - 1)
            batch = a_batch(began, t0=began, seq=next(numbers), depth_um=0, speed_rpm=0)
            arrive(pen.topic(), [as_binary(batch)], now=now)
            look(now)
        return now

    return send


@pytest.fixture(params=AHEAD_S)
def wild(pen, send, announced, request):
    """Return when the alarm was raised, by readings; the device's statuses have no time."""
    now = clock.now()
    is_on_line(pen, now, at=None)
    send(now, 0, ahead_s=request.param)
    [alarm] = announced("alarm_raised")
    assert (alarm["kind"], alarm["clinic_id"]) == ("clock_wild", str(pen.clinic.id))
    assert alarm["value"] in {request.param - 1, request.param}
    return now


def look(now):
    with db.transaction(db.EVERY_CLINIC) as tx:
        clocks.sweep(tx, now)


def cleared(announced):
    return kinds(announced, "alarm_cleared")


def test_readings_in_their_time_for_a_minute_end_the_alarm_that_readings_began(
    wild, send, announced
):
    half = send(wild + timedelta(seconds=5), 85)
    assert cleared(announced) == []
    send(half + timedelta(seconds=5), 60)
    assert cleared(announced) == ["clock_wild"]
    assert kinds(announced) == ["clock_wild"]


@pytest.mark.parametrize("ahead_s", AHEAD_S)
def test_an_alarm_goes_on_while_readings_of_the_future_come_among_good_ones(
    wild, send, announced, ahead_s
):
    for minute in range(4):
        since = wild + QUIET + timedelta(seconds=65 * minute)
        send(since, 55)
        send(since + timedelta(seconds=60), 0, ahead_s=ahead_s)
    assert (kinds(announced), cleared(announced)) == (["clock_wild"], [])


def test_a_clock_that_lost_its_time_rings_when_its_readings_come_as_they_are_taken(
    pen, send, announced
):
    """Nothing of it is stored, and its statuses do not say what it takes the time for."""
    now = clock.now()
    is_on_line(pen, now, at=None)
    last = send(now, 55, ahead_s=LOST_S)
    assert kinds(announced) == []
    last = send(last + timedelta(seconds=5), 0, ahead_s=LOST_S)
    assert kinds(announced) == ["clock_wild"]
    send(last + timedelta(seconds=5), 60)
    assert cleared(announced) == []
    send(last + QUIET, 60)
    assert (kinds(announced), cleared(announced)) == (["clock_wild"], ["clock_wild"])


@pytest.mark.parametrize("pace", [0.8, 1.5, 60])
def test_readings_that_waited_for_over_a_month_make_no_clock_wild(pen, send, announced, pace):
    now = clock.now()
    is_on_line(pen, now, at=None)
    send(now, 180, ahead_s=LOST_S, pace=pace)
    assert kinds(announced) == []


def test_readings_of_long_ago_do_not_speak_against_a_status_that_is_right(pen, send, announced):
    now = clock.now()
    is_on_line(pen, now)
    send(now, 90, ahead_s=LOST_S)
    assert kinds(announced) == []


@pytest.mark.parametrize("since", [timedelta(), QUIET])
def test_readings_of_a_moment_end_it_not(wild, send, announced, since):
    last = send(wild + since + timedelta(seconds=5), 55)
    look(last + timedelta(seconds=20))
    look(last + QUIET)
    assert cleared(announced) == []


@pytest.mark.parametrize("pace", [1.5, 2, 10])
def test_what_a_clock_that_is_ahead_kept_off_line_does_not_end_it(wild, send, announced, pace):
    """It catches up with our time, passes it by, and is ahead once more."""
    behind_s = 50 * pace
    send(wild + QUIET, 140, ahead_s=-behind_s, pace=pace)
    assert cleared(announced) == []


@pytest.mark.parametrize("ahead_s", [-600, -62, 62])
def test_a_clock_that_is_off_otherwise_by_now_is_still_wild(wild, send, announced, ahead_s):
    send(wild + QUIET, 120, ahead_s=ahead_s)
    assert cleared(announced) == []


def test_readings_do_not_speak_against_statuses_that_agree(pen, send, announced):
    now = clock.now()
    for seconds in (0, 30, 60):
        later = now + timedelta(seconds=seconds)
        is_on_line(pen, later, at=rfc3339(later - timedelta(minutes=10)))
    send(now + timedelta(seconds=61), 90)
    assert (kinds(announced), cleared(announced)) == (["clock_wild"], [])
