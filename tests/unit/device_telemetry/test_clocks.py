"""How far a device's clock is from ours, and what is of now by it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.device_telemetry.domain import clocks

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
LONGEST = 30 * DAY
# milliseconds, newest first; near every bound that a rule has
EDGES = [0, 9_999, 10_000, MINUTE, 95_000, HOUR, LONGEST]
OFFSETS = st.lists(
    st.sampled_from([sign * edge + by for edge in EDGES for sign in (1, -1) for by in (-1, 0, 1)])
    | st.integers(-2 * LONGEST, 2 * LONGEST),
    max_size=3,
)


@pytest.mark.parametrize(
    ("offsets", "ms"),
    [
        ([], 0),
        ([300], 300),
        ([300, 200, 250], 200),  # the least was delayed least
        ([HOUR, 200], 200),  # the newest waited on its way
        ([LONGEST], LONGEST),  # still a word that may have waited
        ([LONGEST, 200], 200),
        ([LONGEST + 1, 200], LONGEST + 1),  # no word waits so long: it is the clock, at once
        ([-HOUR, 200], -HOUR),  # nothing is heard before it is said: it is ahead, at once
        ([-1, 200], -1),
        ([0, 200], 0),
        ([300, -HOUR, 200], 0),  # it was ahead and is no longer
    ],
)
def test_the_least_delay_tells_the_clock_and_what_only_a_clock_can_do_counts_at_once(offsets, ms):
    assert clocks.offset_ms(offsets) == ms
    assert clocks.happened_at(NOON, offsets) == NOON + timedelta(milliseconds=ms)


@given(st.lists(st.integers(0, LONGEST), min_size=1, max_size=3))
def test_of_a_clock_that_is_right_only_the_shortest_delay_is_seen(delays):
    assert clocks.offset_ms(delays) == min(delays)


@pytest.mark.parametrize(
    ("said_ago_ms", "offsets", "late"),
    [
        (0, [], False),
        (MINUTE, [], False),
        (MINUTE + 1, [], True),
        (-MINUTE - 1, [], False),  # ahead of us is not long ago
        (-HOUR, [], False),
        (HOUR, [HOUR], False),  # a clock an hour behind says it now
        (HOUR + MINUTE, [HOUR], False),
        (HOUR + MINUTE + 1, [HOUR], True),
        (HOUR, [HOUR, HOUR, HOUR], False),
        (HOUR, [200, HOUR, HOUR], True),  # it was set right meanwhile: an hour ago is an hour ago
        (MINUTE + 100, [100], False),
        # the newest word is of a clock a minute behind, those before of a right one
        (2 * MINUTE, [MINUTE, 0, 0], False),
        (2 * MINUTE, [MINUTE + 1, 0, 0], True),  # so large it may have waited
        # a clock that is ahead says "an hour ago" of what happened two hours ago
        (HOUR, [-HOUR], True),
        (MINUTE, [-HOUR], False),  # and "now" of now, had it just been set right
        (-HOUR, [-HOUR], False),
        (-HOUR // 2, [-HOUR, 0, 0], True),  # that it was right before says nothing now
        (-HOUR + MINUTE + 1, [-HOUR], True),
        (2 * DAY, [0, 0, 0], True),
    ],
)
def test_what_any_likely_clock_says_is_of_the_last_minute_counts_as_of_now(
    said_ago_ms, offsets, late
):
    at = NOON - timedelta(milliseconds=said_ago_ms)
    assert clocks.is_late(at, offsets, NOON) is late


@given(OFFSETS, st.integers(-MINUTE, MINUTE))
def test_a_danger_that_says_now_is_never_late_whatever_was_known_of_the_clock(offsets, ago_ms):
    """Better a stop too many."""
    assert not clocks.is_late(NOON - timedelta(milliseconds=ago_ms), offsets, NOON)


@given(OFFSETS, st.integers(-HOUR, MINUTE))
def test_what_the_clock_says_is_of_the_last_minute_is_never_late(offsets, ago_ms):
    at = NOON - timedelta(milliseconds=clocks.offset_ms(offsets) + ago_ms)
    assert not clocks.is_late(at, offsets, NOON)


@pytest.mark.parametrize(
    ("offsets", "set_back", "waited"),
    [
        ([], False, False),
        ([HOUR], False, False),  # nothing to compare it with
        ([MINUTE, 0, 0], False, False),
        ([MINUTE + 1, 0, 0], True, False),
        ([95_000, 0, 0], True, False),  # as long as a device may be silent
        ([95_001, 0, 0], True, True),
        ([HOUR, HOUR - MINUTE], False, False),
        ([HOUR, HOUR - MINUTE - 1], True, False),
        ([HOUR, HOUR, 0], True, True),
        ([HOUR, HOUR, HOUR], False, False),  # as many as are kept agree: it is the clock
        ([MINUTE, -HOUR, -HOUR], False, False),  # that it was ahead before makes it no later
        ([MINUTE + 1, -HOUR, -HOUR], True, False),
        ([LONGEST, 0, 0], True, True),
        ([LONGEST + 1, 0, 0], False, False),  # no word waits so long
        ([-HOUR, 0, 0], False, False),
    ],
)
def test_a_word_far_later_than_those_before_waited_or_its_clock_was_set_back(
    offsets, set_back, waited
):
    assert clocks.is_set_back(offsets) is set_back
    assert clocks.waited(offsets) is waited


STARTED = 1_900_000_000_000


@pytest.mark.parametrize(
    ("offsets", "said_ms", "started_ms", "says_something"),
    [
        ([HOUR], None, STARTED, True),  # it does not tell when it started
        ([HOUR], STARTED, None, True),
        ([HOUR], STARTED, STARTED, True),
        ([HOUR], STARTED, STARTED + MINUTE, True),  # the same start, by a clock that was corrected
        ([HOUR], STARTED, STARTED - MINUTE, True),
        ([HOUR], STARTED, STARTED + MINUTE + 1, False),
        ([HOUR], STARTED, STARTED - MINUTE - 1, False),
        ([HOUR, HOUR], STARTED, STARTED - DAY, False),
        ([HOUR, HOUR, HOUR], STARTED, STARTED - DAY, True),  # three words agree: it is the clock
        ([MINUTE], STARTED, STARTED - DAY, True),  # hardly behind
        ([MINUTE + 1], STARTED, STARTED - DAY, False),
        ([HOUR, 0], STARTED, STARTED - DAY, True),  # it was right before
        ([-HOUR], STARTED, STARTED - DAY, True),
        ([], STARTED, STARTED - DAY, True),
    ],
)
def test_few_words_of_a_clock_that_is_behind_say_nothing_of_the_start_before(
    offsets, said_ms, started_ms, says_something
):
    assert clocks.of_start(offsets, said_ms, started_ms) == (offsets if says_something else [])


@pytest.mark.parametrize(
    ("offsets", "wild_ms", "right"),
    [
        ([], None, False),
        ([0], None, True),
        ([-MINUTE], None, True),
        ([-MINUTE - 1], MINUTE + 1, False),  # ahead is known by one word
        ([-MINUTE - 1, 0, 0], MINUTE + 1, False),
        ([0, -HOUR, -HOUR], None, True),
        ([MINUTE], None, True),
        ([MINUTE + 1], None, False),  # behind is not: it may have waited
        ([HOUR, HOUR], None, False),
        ([HOUR, HOUR, HOUR], HOUR, False),
        ([HOUR, HOUR + 9_999, HOUR + 1], HOUR, False),
        ([HOUR, HOUR + 10_000, HOUR + 1], None, False),  # they disagree: they waited somewhere
        ([MINUTE, MINUTE, MINUTE], None, True),
        ([MINUTE + 1, MINUTE + 1, MINUTE + 1], MINUTE + 1, False),
        ([MINUTE + 5, MINUTE, MINUTE + 5], None, True),
        ([HOUR, 0, HOUR], None, True),
        ([LONGEST, 0, 0], None, True),
        ([LONGEST + 1, 0, 0], LONGEST + 1, False),  # no word waits so long
        ([0, LONGEST + 1, LONGEST + 1], None, True),
    ],
)
def test_a_clock_is_wild_by_one_word_that_is_ahead_or_by_three_that_are_as_much_behind(
    offsets, wild_ms, right
):
    assert clocks.wild_ms(offsets) == wild_ms
    assert clocks.is_right(offsets) is right


@given(OFFSETS)
def test_no_clock_is_wild_and_right(offsets):
    """Or its alarm would be raised and ended by the same word."""
    wild = clocks.wild_ms(offsets)
    assert wild is None or (wild > MINUTE and not clocks.is_right(offsets))


@given(OFFSETS)
def test_what_waited_was_late_enough_to_be_a_clock_set_back(offsets):
    assert clocks.is_set_back(offsets) or not clocks.waited(offsets)


@pytest.mark.parametrize(
    ("offsets", "said_ms", "behind_ms"),
    [
        ([HOUR, HOUR], 0, HOUR),
        ([HOUR, 200], MINUTE, 200),
        ([HOUR], MINUTE + 1, 0),  # of another start
        ([HOUR], None, 0),
        ([], 0, 0),
        ([-HOUR], 0, 0),
    ],
)
def test_only_words_of_the_same_start_tell_how_far_readings_are_behind(offsets, said_ms, behind_ms):
    assert clocks.behind_ms(offsets, said_ms, 0) == behind_ms


def test_readings_that_are_as_far_off_for_a_minute_are_of_now():
    pace = clocks.Pace()
    told = [(0, LONGEST), (30, LONGEST + 9_999), (59.9, LONGEST), (60, LONGEST + 1), (70, LONGEST)]
    told += [(71, LONGEST + 10_000), (130, LONGEST + 10_000), (131, LONGEST + 1)]
    found = [
        pace.is_of_now("a", 7, offset_ms, NOON + timedelta(seconds=second))
        for second, offset_ms in told
    ]
    assert found == [False, False, False, True, True, False, False, True]
    assert not pace.is_of_now("b", 7, LONGEST, NOON + timedelta(seconds=131))
    assert not pace.is_of_now("a", 8, LONGEST, NOON + timedelta(seconds=132))


def test_a_device_that_names_ever_new_starts_takes_no_other_devices_pace_away():
    pace = clocks.Pace()
    pace.is_of_now("a", 1, LONGEST, NOON)
    for boot in range(clocks.MOST_PACED + 1):
        pace.is_of_now("b", boot, LONGEST, NOON)
    assert pace.is_of_now("a", 1, LONGEST, NOON + timedelta(seconds=60))


@pytest.mark.parametrize(
    ("lasted_s", "least_ms", "most_ms", "right"),
    [
        (60, 0, 0, True),
        (59.999, 0, 0, False),  # too few to tell
        (60, 200, 200 + 9_999, True),
        (60, 200, 200 + 10_000, False),  # a backlog passes by our time faster than it goes
        (60, -MINUTE, -MINUTE, True),
        (60, -MINUTE - 1, -MINUTE, False),
        (60, MINUTE, MINUTE, True),
        (60, MINUTE, MINUTE + 1, False),
        (3600, -HOUR, -HOUR, False),
        (3600, HOUR, HOUR, False),
    ],
)
def test_a_minute_of_readings_that_come_in_their_time_shows_a_clock_that_is_right(
    lasted_s, least_ms, most_ms, right
):
    last_at = NOON + timedelta(seconds=lasted_s)
    assert clocks.is_right_by_readings(NOON, last_at, least_ms, most_ms) is right
