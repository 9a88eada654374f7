"""What is shown of a pen at work, and to whom."""

from datetime import UTC, datetime, timedelta

import pytest

from services.device_telemetry.domain import live
from services.device_telemetry.domain.live import View
from shared import ids
from shared.permissions import PERMISSIONS

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)
CHEEK, NOSE = 8, 6
CLINIC, ELSEWHERE, PEN, OTHER = (ids.new() for _ in range(4))


def shown(limits, at=NOON, **rows):
    usual = {"zone": CHEEK, "depth_um": 500, "speed_rpm": 6600}
    zone, depth_um, speed_rpm = (usual | rows).values()
    return live.reading((100, zone, depth_um, speed_rpm, 180, 3120, 870), at, limits, NOON)


@pytest.mark.parametrize(
    ("limits", "sample", "limit_um", "over"),
    [
        ({CHEEK: 650}, {"depth_um": 650}, 650, False),
        ({CHEEK: 650}, {"depth_um": 651}, 650, True),
        ({CHEEK: 650}, {"depth_um": 651, "speed_rpm": 0}, 650, True),  # deep, needling or not
        ({NOSE: 300}, {}, None, True),  # a zone that has no limit
        ({NOSE: 300}, {"depth_um": 1, "speed_rpm": 1}, None, True),
        ({NOSE: 300}, {"speed_rpm": 0}, None, False),
        ({NOSE: 300}, {"depth_um": 0}, None, False),
        ({NOSE: 300}, {"zone": 0}, None, False),  # in the air
        ({}, {}, None, True),  # a session whose limits are missing
        (None, {"depth_um": 3000}, None, None),  # no session says how deep it may go
    ],
)
def test_a_sample_is_shown_against_the_limit_of_its_zone(limits, sample, limit_um, over):
    found = shown(limits, **sample)
    assert (found["limit_um"], found["over"]) == (limit_um, over)


def test_the_last_sample_is_shown_as_it_was_measured():
    assert shown({CHEEK: 650}) == {
        "at": NOON,
        "zone": CHEEK,
        "depth_um": 500,
        "limit_um": 650,
        "over": False,
        "speed_rpm": 6600,
        "current_ma": 180,
        "temperature_cc": 3120,
    }


def test_what_is_older_than_a_minute_is_not_shown_as_what_happens_now():
    minute = timedelta(minutes=1)
    assert shown({}, NOON - minute)
    assert shown({}, NOON - minute - timedelta(milliseconds=1)) is None
    assert shown({}, NOON + minute)
    assert shown({}, None) is None
    assert live.reading(None, NOON, {}, NOON) is None


def test_a_stream_shows_the_pens_of_its_clinic_or_the_one_that_was_asked_for():
    everything, one = View(CLINIC, None), View(CLINIC, PEN)
    for pen in (PEN, OTHER):
        assert everything.shows(CLINIC, str(pen))
        assert one.shows(CLINIC, str(pen)) is (pen == PEN)
        for view in (everything, one):
            assert not view.shows(ELSEWHERE, str(pen))
            assert not view.shows(None, str(pen))
    assert not one.shows(CLINIC, None)


def test_who_may_see_what_a_treatment_did_may_see_it_happen():
    assert live.PERMISSION == "traces:read"
    assert live.PERMISSION in PERMISSIONS
