"""What devices say: which words count, and when their silence means something."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.device_telemetry.domain import words
from services.device_telemetry.domain.words import Heard
from shared.schemas.devices import DEVICE_EVENTS

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)
SECOND, MINUTE, MONTH = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=30)
MILLISECOND = timedelta(milliseconds=1)
NAME = {"v": 1, "boot_id": 1, "seq": 1, "at": NOON}
DETAILS = dict.fromkeys(("cartridge", "command_id", "zone", "depth_um"))


@pytest.mark.parametrize("lost", sorted(NAME))
def test_an_event_that_could_be_anybodys_repeat_counts_only_if_it_tells_of_danger(lost):
    said = DETAILS | {"cartridge": {"lot": "L"}, "command_id": 1} | NAME
    assert words.is_named(said)
    assert not words.is_named(said | {lost: None})
    for event in DEVICE_EVENTS:
        assert words.is_event(said | {"event": event})
        danger = event in {"depth_over_limit", "fault"}
        assert words.is_event(said | {"event": event, lost: None}) is danger


@pytest.mark.parametrize("event", DEVICE_EVENTS)
def test_only_an_inserted_cartridge_and_an_answer_must_say_which(event):
    says_enough = event not in {"cartridge_inserted", "command_done"}
    assert words.is_event(DETAILS | NAME | {"event": event}) is says_enough


def test_each_says_what_it_is_about_and_not_something_else():
    said = DETAILS | NAME
    assert words.is_event(said | {"event": "cartridge_inserted", "cartridge": {"lot": "L"}})
    assert not words.is_event(said | {"event": "cartridge_inserted", "command_id": 1})
    assert words.is_event(said | {"event": "command_done", "command_id": 1})
    assert not words.is_event(said | {"event": "command_done", "cartridge": {"lot": "L"}})


@pytest.mark.parametrize(
    ("v", "online", "heeded"),
    [(1, True, True), (1, False, True), (None, True, False), (1, None, False)],
)
def test_a_status_says_whether_the_device_is_there(v, online, heeded):
    assert words.is_status({"v": v, "online": online}) is heeded


@pytest.mark.parametrize(
    ("event", "others"),
    [
        ("needling_started", {"needling_started", "needling_stopped"}),
        ("needling_stopped", {"needling_started", "needling_stopped"}),
        ("cartridge_inserted", {"cartridge_inserted", "cartridge_removed"}),
        ("cartridge_removed", {"cartridge_inserted", "cartridge_removed"}),
        ("depth_over_limit", set()),
        ("fault", set()),
        ("command_done", set()),
    ],
)
def test_a_later_word_on_the_same_thing_makes_one_history(event, others):
    assert words.overtaken_by(event) == others


@pytest.mark.parametrize(
    ("ahead_of_now", "offset", "why"),
    [
        (5 * MINUTE, 0, None),
        (5 * MINUTE + MILLISECOND, 0, "far_future"),
        (-MONTH, 0, None),
        (-MONTH - MILLISECOND, 0, "too_old"),
        # a clock that is known to be a month ahead, or behind
        (MONTH, -MONTH, None),
        (MONTH + 5 * MINUTE, -MONTH, None),
        (MONTH + 5 * MINUTE + MILLISECOND, -MONTH, "far_future"),
        (-2 * MONTH, MONTH, None),
        (-2 * MONTH - MILLISECOND, MONTH, "too_old"),
        # the clock may have been set right since: neither makes the other end stricter
        (5 * MINUTE, MONTH, None),
        (5 * MINUTE + MILLISECOND, MONTH, "far_future"),
        (-MONTH, -MONTH, None),
        (-MONTH - MILLISECOND, -MONTH, "too_old"),
    ],
)
def test_how_things_were_is_believed_of_a_time_that_the_clock_can_have_shown(
    ahead_of_now, offset, why
):
    offset_ms = offset // MILLISECOND if offset else 0
    found = words.unbelievable("needling_stopped", NOON + ahead_of_now, offset_ms, NOON)
    assert found == why


@pytest.mark.parametrize("event", ["depth_over_limit", "fault", "command_done"])
def test_no_wild_clock_hides_a_danger_or_an_answer(event):
    for at in (NOON - 999 * MONTH, NOON + 999 * MONTH):
        assert words.unbelievable(event, at, 0, NOON) is None


@given(st.integers(-10, 10), st.integers(-(10**10), 10**10))
def test_what_a_device_says_at_once_is_believed_by_its_own_clock(late_s, offset_ms):
    at = NOON - offset_ms * MILLISECOND - late_s * SECOND
    for event in DEVICE_EVENTS:
        assert words.unbelievable(event, at, offset_ms, NOON) is None


def heard(drained, unbroken=None):
    since = None if unbroken is None else NOON - unbroken
    return Heard(drained_at=NOON - drained, unbroken_since=since)


@pytest.mark.parametrize(
    ("lanes", "as_of"),
    [
        ({}, 0 * SECOND),  # nothing was ever heard, and nothing broken
        ({"events": heard(0 * SECOND)}, 0 * SECOND),
        # judged as of when the laggard had heard all that was said
        ({"events": heard(3 * SECOND), "status": heard(7 * SECOND)}, 7 * SECOND),
        ({"events": heard(3 * SECOND), "readings": heard(MINUTE)}, 3 * SECOND),  # not asked for
        ({"events": heard(-SECOND)}, 0 * SECOND),
        # while devices may be on their way back nobody is silent
        ({"events": heard(0 * SECOND, 2 * MINUTE)}, 0 * SECOND),
        ({"events": heard(0 * SECOND, 2 * MINUTE - MILLISECOND)}, None),
        ({"events": heard(SECOND, 2 * MINUTE)}, None),
        ({"events": heard(SECOND, 2 * MINUTE + SECOND)}, SECOND),
        ({"events": heard(0 * SECOND, 9 * MINUTE), "status": heard(0 * SECOND, MINUTE)}, None),
        ({"events": heard(0 * SECOND, MINUTE), "status": heard(0 * SECOND, 9 * MINUTE)}, None),
        ({"events": heard(0 * SECOND, 9 * MINUTE), "status": heard(0 * SECOND)}, 0 * SECOND),
    ],
)
def test_silence_is_judged_as_of_when_we_had_heard_everything(lanes, as_of):
    found = words.silence_as_of(("events", "status"), lanes, NOON)
    assert found == (None if as_of is None else NOON - as_of)


def test_a_device_that_left_is_gone_after_five_seconds():
    assert timedelta(seconds=5) == words.GRACE
