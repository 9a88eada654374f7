"""What needs a person at headquarters, and that somebody took care of it."""

import uuid
from datetime import date, timedelta

from tests import people
from tests.integration.headquarters import happenings as given
from tests.integration.headquarters.happenings import MONDAY_10, hear


def to_do(hq):
    return hq.as_(people.HANNA).get("/v1/attention").json["items"]


def test_worst_first_then_the_oldest(hq):
    hear(given.clinic())
    hear(given.device(uuid.uuid4(), fit=False), given.adverse_event(uuid.uuid4(), "watch"))
    hear(given.alarm(uuid.uuid4()), given.message(uuid.uuid4(), "failed", reason="smtp_550"))

    kinds = [item["kind"] for item in to_do(hq)]

    assert kinds[0] == "unsafe_depth"
    assert sorted(kinds[1:3]) == ["adverse_event", "device_unfit"]
    assert kinds[3:] == ["messages_failed"]


def test_a_hard_alarm_stays_until_somebody_has_acknowledged_it(hq, table):
    alarm = uuid.uuid4()
    hear(given.clinic(), given.alarm(alarm))
    hear(given.alarm(alarm, cleared_at=MONDAY_10 + timedelta(minutes=1)))
    [item] = to_do(hq)

    answer = hq.as_(people.HANNA).post(
        f"/v1/attention/{item['id']}/acknowledge", json={"note": "Called Alice."}
    )

    assert answer.status_code == 200, answer.json
    assert answer.json["acknowledged_by"] == str(people.HANNA.id)
    assert to_do(hq) == []
    [entry] = table("attention_log")
    assert (entry["done_by"], entry["note"]) == (people.HANNA.id, "Called Alice.")


def test_an_alarm_is_one_item_and_one_alarm_of_its_day_whatever_becomes_of_it(hq, table):
    alarm, low = uuid.uuid4(), {"kind": "battery_low", "severity": "soft"}
    hear(given.clinic(), given.alarm(alarm, **low))
    assert to_do(hq) == []
    escalated = low | {"escalated_at": MONDAY_10 + timedelta(minutes=15)}
    hear(given.alarm(alarm, happened="escalated", **escalated))
    [item] = to_do(hq)
    assert (item["kind"], item["severity"]) == ("alarm", 1)
    seen = escalated | {"acknowledged_at": MONDAY_10 + timedelta(minutes=16)}
    hear(given.alarm(alarm, happened="acknowledged", **seen))
    [item] = to_do(hq)
    assert (item["severity"], item["facts"]["acknowledged_at"]) == (2, "2030-01-07T10:16:00Z")
    hear(given.alarm(alarm, cleared_at=MONDAY_10 + timedelta(minutes=17), **seen))
    assert to_do(hq) == []
    [day] = table("clinic_days")
    assert day["alarms"] == 1


def test_the_devices_answer_to_its_stop_is_seen_at_headquarters(hq, table):
    alarm, stopped_at = uuid.uuid4(), MONDAY_10 + timedelta(seconds=2)
    hear(given.clinic(), given.alarm(alarm, stop_sent_at=MONDAY_10))
    confirmed = {"stop_sent_at": MONDAY_10, "stop_confirmed_at": stopped_at}
    hear(given.alarm(alarm, happened="stop_confirmed", **confirmed))
    [item] = to_do(hq)
    assert item["facts"]["stop_confirmed_at"] == "2030-01-07T10:00:02Z"
    [row] = table("alarms")
    assert row["stop_confirmed_at"] == stopped_at


def test_two_people_do_not_take_care_of_the_same_thing(hq):
    hear(given.clinic(), given.alarm(uuid.uuid4()))
    [item] = to_do(hq)
    address = f"/v1/attention/{item['id']}/acknowledge"
    hq.as_(people.HANNA).post(address, json={})

    answer = hq.as_(people.HANNA).post(address, json={})

    assert answer.status_code == 409
    assert answer.json["type"].endswith("/already-acknowledged")


def test_an_analyst_looks_and_does_not_touch(hq):
    hear(given.clinic(), given.alarm(uuid.uuid4()))
    [item] = to_do(hq)

    answer = hq.as_(people.ANA).post(f"/v1/attention/{item['id']}/acknowledge", json={})

    assert answer.status_code == 403


def test_a_device_that_is_fit_again_needs_nobody(hq):
    pen = uuid.uuid4()
    hear(given.clinic(), given.device(pen, fit=False))
    assert [item["kind"] for item in to_do(hq)] == ["device_unfit"]

    hear(given.device(pen))
    assert to_do(hq) == []


def test_an_unfit_device_that_moves_is_a_matter_of_the_clinic_it_comes_to(hq):
    pen = uuid.uuid4()
    hear(given.clinic(), given.clinic(people.LISBON), given.device(pen, fit=False))
    hear(given.device(pen, "offline", fit=False, reasons=["moved"]))
    hear(given.device(pen, "offline", fit=False, where=people.LISBON))

    [item] = to_do(hq)
    assert item["clinic_id"] == str(people.LISBON.id)
    assert item["facts"]["reasons"] == ["calibration_due"]


def test_a_device_that_becomes_unfit_again_is_shown_again(hq):
    pen = uuid.uuid4()
    hear(given.clinic(), given.device(pen, fit=False))
    [item] = to_do(hq)
    hq.as_(people.HANNA).post(f"/v1/attention/{item['id']}/acknowledge", json={})
    hear(given.device(pen), given.device(pen, fit=False))

    assert [each["id"] for each in to_do(hq)] == [item["id"]]


def test_a_credential_shows_thirty_days_before_it_ends_and_at_once_without_a_date(hq):
    hear(given.clinic())
    hear(given.credential(uuid.uuid4(), date(2030, 3, 1)))
    assert to_do(hq) == []

    hear(given.credential(uuid.uuid4(), date(2030, 1, 20)), given.credential(uuid.uuid4(), None))
    assert [item["kind"] for item in to_do(hq)] == ["credential", "credential"]


def test_expected_effects_need_nobody_at_headquarters(hq):
    hear(given.clinic(), given.adverse_event(uuid.uuid4(), "expected"))

    assert to_do(hq) == []


def test_many_failed_messages_of_a_day_are_one_thing_to_look_at(hq):
    hear(given.clinic())
    hear(*(given.message(uuid.uuid4(), "failed", reason="smtp_550") for _ in range(4)))

    assert len(to_do(hq)) == 1


def test_nothing_identifies_a_client(hq, table):
    hear(given.clinic(), given.appointment("booked"), given.adverse_event(uuid.uuid4()))
    hear(given.message(uuid.uuid4()))

    for name in ("appointments", "adverse_events", "messages", "attention", "feed"):
        for row in table(name):
            assert "client" not in str(row)
