"""Codes of an authenticator app, checked against another implementation."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from services.identity.domain.one_time_codes import STEP_S, address_for_app, step_of

SECRET = b"twenty secret bytes!"
APP = pyotp.TOTP(base64.b32encode(SECRET).decode())
NOON = datetime(2030, 1, 7, 12, 0, 15, tzinfo=UTC)
STEP = int(NOON.timestamp()) // STEP_S


@pytest.mark.parametrize("minutes", range(0, 60 * 24 * 30, 1371))
def test_the_code_that_the_app_shows_is_right(minutes):
    at = NOON + timedelta(minutes=minutes)
    assert step_of(SECRET, APP.at(at), at, 0) == int(at.timestamp()) // STEP_S


@pytest.mark.parametrize(("off_s", "step"), [(-30, STEP - 1), (0, STEP), (30, STEP + 1)])
def test_a_clock_one_step_off_is_forgiven(off_s, step):
    assert step_of(SECRET, APP.at(NOON + timedelta(seconds=off_s)), NOON, 0) == step


@pytest.mark.parametrize("off_s", [-90, -60, 60, 90])
def test_a_clock_two_steps_off_is_not(off_s):
    assert step_of(SECRET, APP.at(NOON + timedelta(seconds=off_s)), NOON, 0) is None


def test_a_used_step_and_those_before_it_count_no_more():
    assert step_of(SECRET, APP.at(NOON), NOON, STEP) is None
    assert step_of(SECRET, APP.at(NOON - timedelta(seconds=30)), NOON, STEP) is None
    assert step_of(SECRET, APP.at(NOON + timedelta(seconds=30)), NOON, STEP) == STEP + 1


def test_the_address_for_the_app_is_read_by_another_implementation():
    address = address_for_app(SECRET, "zoë+till@needlepoint.example")
    assert pyotp.parse_uri(address).at(NOON) == APP.at(NOON)
    assert parse_qs(urlsplit(address).query)["issuer"] == ["Needlepoint"]
