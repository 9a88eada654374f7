"""Exact names decide at the broker."""

from uuid import UUID

import pytest

from services.device_telemetry.domain import credentials, topics
from services.device_telemetry.domain.credentials import device_id, may_touch, may_use_topic

CLINIC = UUID("01930000-0000-7000-8000-0000000050a0")
PEN = UUID("01930000-0000-7000-8000-00000000d001")
OTHER = UUID("01930000-0000-7000-8000-00000000d002")


@pytest.mark.parametrize(
    "name", [".*", "", "x", str(PEN).upper(), f"{{{PEN}}}", PEN.hex, f"urn:uuid:{PEN}", f"{PEN} "]
)
def test_only_a_uuid_as_we_write_it_names_a_device(name):
    assert device_id(name) is None
    assert device_id(str(PEN)) == PEN


def test_a_certificate_names_its_device_and_its_credential_in_either_order():
    certified = credentials.Caller(PEN, certified=True, credential_id=OTHER)
    for name in (credentials.subject(PEN, OTHER), f"OU={OTHER},CN={PEN}"):
        assert credentials.caller(name) == certified
        assert name in credentials.user_names(PEN, [OTHER])
    assert credentials.caller(f"CN={PEN}") == credentials.Caller(PEN, certified=True)
    assert credentials.caller(str(PEN)) == credentials.Caller(PEN, certified=False)


@pytest.mark.parametrize(
    "name",
    [
        f"CN={PEN},OU=",
        f"CN={PEN},OU=.*",
        f"OU={OTHER}",
        f"CN={PEN},CN={OTHER}",
        f"CN={PEN},OU={OTHER},OU={OTHER}",
        f"CN={PEN},OU={OTHER},O=x",
        f"CN={PEN}, OU={OTHER}",
        f"CN={PEN}+OU={OTHER}",
        f"{PEN},OU={OTHER}",
        f"CN=,OU={OTHER}",
        "CN=",
    ],
)
def test_a_subject_with_anything_else_names_nobody(name):
    assert credentials.caller(name) is None


def test_a_secret_opens_only_its_own_lock():
    kept = [credentials.fingerprint("one"), credentials.fingerprint("two")]
    assert credentials.opens("two", kept)
    assert not credentials.opens("three", kept)
    assert not credentials.opens("one", [])
    assert not credentials.opens("\ud800", kept)  # whatever a device may send


def test_a_secret_cannot_be_guessed():
    assert credentials.SECRET_BYTES >= 32


def test_a_device_writes_three_topics_and_reads_one():
    start = f"pens.{CLINIC}.{PEN}."
    for what in ("readings", "events", "status", "commands", "other", "readings.more", ""):
        writes = may_use_topic(CLINIC, PEN, "write", start + what)
        assert writes == (what in {"readings", "events", "status"}), what
        reads = may_use_topic(CLINIC, PEN, "read", start + what)
        assert reads == (what == "commands"), what
    for key in ("#", "*", f"pens.{CLINIC}.*.commands", f"pens.{CLINIC}.{OTHER}.commands"):
        assert not may_use_topic(CLINIC, PEN, "read", key)
    assert not may_use_topic(CLINIC, PEN, "configure", start + "commands")


def test_a_device_touches_the_exchange_and_its_own_queue_and_nothing_else():
    assert may_touch(PEN, "exchange", "amq.topic", "write")
    assert not may_touch(PEN, "exchange", "amq.topic", "configure")
    assert not may_touch(PEN, "exchange", "needlepoint.events", "write")
    for qos in (0, 1):
        assert may_touch(PEN, "queue", f"mqtt-subscription-{PEN}qos{qos}", "configure")
        assert not may_touch(PEN, "queue", f"mqtt-subscription-{OTHER}qos{qos}", "read")
    assert not may_touch(PEN, "queue", "telemetry.readings.0", "read")
    assert not may_touch(PEN, "topic", "amq.topic", "write")


def test_a_topic_names_its_device_or_nobody():
    assert topics.source(f"pens.{CLINIC}.{PEN}.readings") == topics.Source(CLINIC, PEN)
    for key in ("", "pens", f"pens.{CLINIC}.{PEN}", f"other.{CLINIC}.{PEN}.readings", "pens.a.b.c"):
        assert topics.source(key) is None
