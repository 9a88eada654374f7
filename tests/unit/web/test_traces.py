"""A session's trace as a drawing: where its line breaks, what went beyond, where one looks next."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.web.domain import traces

START = datetime(2030, 1, 7, 10, 0, tzinfo=UTC)
LISBON, TOKYO = ZoneInfo("Europe/Lisbon"), ZoneInfo("Asia/Tokyo")
LIMITS = [{"zone": 8, "limit_um": 650}, {"zone": 6, "limit_um": 400}]


def at(seconds):
    return START + timedelta(seconds=seconds)


def point(seconds, depth=500, zone=8, speed=6600):
    told = at(seconds).isoformat().replace("+00:00", "Z")
    return {"at": told, "depth_um": depth, "zone": zone, "speed_rpm": speed}


def drawn(points, zone=LISBON):
    shown = traces.look(START, at(60), None, None)
    return traces.chart(points, LIMITS, shown, zone)


def test_the_line_breaks_where_the_pen_rested():
    points = [point(each) for each in (0, 1, 2, 30, 31, 32)]
    assert [len(line.split()) for line in drawn(points).lines] == [3, 3]


def test_a_line_of_few_points_of_a_long_session_is_not_broken_between_them():
    assert len(drawn([point(each) for each in range(0, 60, 10)]).lines) == 1


@pytest.mark.parametrize(
    ("depth", "zone", "speed", "beyond"),
    [
        (650, 8, 6600, 0),
        (651, 8, 6600, 1),
        (651, 8, 0, 1),
        (500, 6, 6600, 1),
        (10, 3, 6600, 1),  # no limit: the session did not plan this zone
        (10, 3, 0, 0),
        (900, 0, 6600, 0),  # in the air
    ],
)
def test_what_went_beyond_is_marked(depth, zone, speed, beyond):
    assert len(drawn([point(5, depth, zone, speed)]).beyond) == beyond


def test_each_stay_in_a_zone_has_its_limit_and_its_name_where_there_is_room():
    points = [
        *(point(each) for each in range(31)),
        point(31, 300, 6),
        *(point(32 + e) for e in range(20)),
    ]
    first, nose, last = drawn(points).limits
    assert (first.name, nose.name, last.name) == ("Cheek", "", "Cheek")
    assert (first.always, nose.always) == (True, False)
    assert first.y == last.y < nose.y


def test_everything_lies_within_the_drawing_deep_in_the_skin_and_above_it():
    found = drawn([point(0, -900), point(30, 3000, 8), point(60, 100)])
    places = [each.split(",") for line in found.lines for each in line.split()]
    assert all(0 <= float(x) <= traces.WIDTH and 0 <= float(y) <= traces.HEIGHT for x, y in places)
    assert all(0 <= tick.at <= traces.HEIGHT for tick in found.up)


def test_times_are_the_clinics():
    assert drawn([point(0)]).across[0].word == "10:00:00"
    assert drawn([point(0)], TOKYO).across[0].word == "19:00:00"


def test_nothing_is_drawn_of_nothing():
    found = drawn([])
    assert (found.lines, found.beyond, found.limits) == ([], [], [])
    assert found.words == "No readings in this stretch."


def test_one_looks_closer_and_aside_and_back_at_the_whole():
    whole = traces.look(START, at(60), None, None)
    assert (whole.whole, whole.earlier, whole.later) == (True, None, None)
    closer = traces.look(START, at(60), *whole.closer)
    assert not closer.whole
    assert closer.since == at(15) + timedelta(microseconds=250)
    assert closer.earlier[0] < closer.since < closer.later[0]


def test_nobody_looks_closer_than_two_seconds():
    short = traces.look(START, at(60), at(10), at(11))
    assert (short.until - short.since, short.closer) == (traces.SHORTEST, None)
    assert traces.look(START, at(60), at(30), at(10)).until == at(32)  # the wrong way round
