"""An alarm of a device in words."""

from services.web.domain import alarms


def an_alarm(**facts):
    return {
        "alarm_id": "a",
        "kind": "depth_over_limit",
        "severity": "hard",
        "device_name": "Pen 3",
        "zone": 8,
        "value": 911,
        "limit": 650,
        "raised_at": "2030-01-07T10:12:04Z",
        "late": False,
        "acknowledged_at": None,
        "acknowledged_by_name": None,
        "escalated_at": None,
        "stop_sent_at": None,
        "stop_confirmed_at": None,
    } | facts


AT = "2030-01-07T10:12:05Z"


def words(**facts):
    return [look.word for look in alarms.alarm(an_alarm(**facts)).states]


def test_a_stop_is_told_until_the_device_confirms_it():
    assert words(stop_sent_at=AT) == ["Stop not confirmed", "Not seen yet"]
    assert words(stop_sent_at=AT, stop_confirmed_at=AT) == ["Device has stopped", "Not seen yet"]


def test_who_has_looked_is_named_and_that_nobody_has_is_said():
    assert words(escalated_at=AT) == ["Nobody has looked"]
    seen = {"escalated_at": AT, "acknowledged_at": AT}
    assert words(**seen, acknowledged_by_name="Priya Nair") == ["Seen by Priya Nair"]
    assert words(**seen) == ["Seen by the clinic"]


def test_what_stops_a_device_stands_above_newer_alarms_that_do_not():
    told = {"low": {"severity": "soft"}, "seen": {"acknowledged_at": AT}, "deep": {}}
    rows = [an_alarm(alarm_id=name, **facts) for name, facts in told.items()]
    assert [each.id for each in alarms.worst_first(rows)] == ["deep", "seen", "low"]


def test_what_is_told_late_says_so():
    assert words(late=True)[0] == "Told late"


def test_a_depth_stands_with_its_limit_and_nothing_else_is_a_depth():
    assert alarms.alarm(an_alarm()).detail == "Cheek · 0.911 mm · limit 0.65 mm"
    assert alarms.alarm(an_alarm(limit=None)).detail.endswith("no limit known")
    assert alarms.alarm(an_alarm(kind="motor_hot", zone=None, value=6000)).detail == ""


def test_a_kind_and_a_device_that_the_page_does_not_know_are_shown_all_the_same():
    shown = alarms.alarm(an_alarm(kind="new_one", severity="soft", device_name=None))
    assert (shown.look.word, shown.look.tone, shown.device) == (
        "Alarm of a device",
        "warn",
        "A device",
    )
