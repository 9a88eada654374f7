"""Whose readings are whose, when a device has moved."""

from datetime import UTC, datetime, timedelta

import pytest

from services.device_telemetry.domain.places import Left, is_on_the_way, recorded_at
from services.device_telemetry.domain.topics import Source
from shared import ids

SOHO, LISBON, OSLO, DEVICE = (ids.new() for _ in range(4))
NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)


def at(hours):
    return NOON + timedelta(hours=hours)


# Soho until noon, Lisbon until 18:00, then Soho again.
LEFT = {DEVICE: [Left(SOHO, NOON), Left(LISBON, at(6))]}


@pytest.mark.parametrize(
    ("topic", "t0", "now", "belongs"),
    [
        (SOHO, 7, 7, SOHO),
        (SOHO, 5, 7, LISBON),  # kept in the device's memory when it moved back
        (SOHO, -1, 7, SOHO),
        (LISBON, 5, 6.9, LISBON),  # still queued under the old topic
        (LISBON, 6.5, 6.9, LISBON),  # a clock that runs ahead
        (LISBON, 5, 7, None),  # too late: nothing of there can still be under way
        (OSLO, 5, 6.1, None),
        (SOHO, -0.001, 7, SOHO),
        (SOHO, 0, 7, LISBON),  # at noon it was in Lisbon
        (SOHO, 5.999, 7, LISBON),
        (SOHO, 6, 7, SOHO),
        (SOHO, 3, -1, SOHO),  # a clock that was ahead of the move, stored when its time had come
        (LISBON, 5, 6.999, LISBON),  # for an hour it may have been under way
    ],
)
def test_readings_belong_to_where_they_were_recorded(topic, t0, now, belongs):
    assert recorded_at(Source(topic, DEVICE), SOHO, LEFT, at(t0), at(now)) == belongs


def test_a_device_that_never_moved_speaks_only_under_its_own_clinic():
    assert recorded_at(Source(SOHO, DEVICE), SOHO, {}, NOON, NOON) == SOHO
    assert recorded_at(Source(LISBON, DEVICE), SOHO, {}, NOON, NOON) is None
    assert recorded_at(Source(SOHO, DEVICE), None, {}, NOON, NOON) is None


def test_what_comes_from_where_the_device_is_again_is_not_on_the_way():
    assert not is_on_the_way(Source(SOHO, DEVICE), SOHO, LEFT, at(0.5))
    assert is_on_the_way(Source(LISBON, DEVICE), SOHO, LEFT, at(6.5))
