"""Signing in with an authenticator app."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from shared import clock
from tests import people


@pytest.fixture
def now(monkeypatch):
    """A clock that the test sets; tokens of the test run are checked by the real one."""

    class Hands:
        at = clock.now()

        def forward(self, seconds):
            self.at += timedelta(seconds=seconds)

    hands = Hands()
    monkeypatch.setattr(clock, "now", lambda: hands.at)
    return hands


@pytest.fixture
def app_of_bob(identity, employed, now):
    """Bob's authenticator app, confirmed."""
    employed(people.BOB)
    bob = identity.as_(people.BOB)
    url = bob.post("/v1/me/otp").json["otpauth_url"]
    app = pyotp.TOTP(parse_qs(urlsplit(url).query)["secret"][0])
    assert bob.post("/v1/me/otp/confirm", json={"code": app.at(now.at)}).status_code == 204
    return app


def test_without_the_code_the_right_password_is_not_enough(app_of_bob, sign_in):
    answer = sign_in(people.BOB)
    assert answer.status_code == 401
    assert answer.json["type"].endswith("/one-time-code-required")


def test_the_next_code_signs_bob_in(app_of_bob, sign_in, now):
    now.forward(30)
    assert sign_in(people.BOB, otp=app_of_bob.at(now.at)).status_code == 200


def test_the_same_code_twice_is_refused(app_of_bob, sign_in, now):
    now.forward(30)
    code = app_of_bob.at(now.at)
    assert sign_in(people.BOB, otp=code).status_code == 200
    assert sign_in(people.BOB, otp=code).status_code == 401


@pytest.mark.parametrize("off", [-60, 60])
def test_a_code_two_steps_off_is_refused(app_of_bob, sign_in, now, off):
    now.forward(300)
    code = app_of_bob.at(now.at + timedelta(seconds=off))
    assert sign_in(people.BOB, otp=code).status_code == 401


def test_a_clock_half_a_minute_off_does_no_harm(app_of_bob, sign_in, now):
    now.forward(300)
    code = app_of_bob.at(now.at - timedelta(seconds=30))
    assert sign_in(people.BOB, otp=code).status_code == 200


def test_an_offered_secret_changes_nothing_before_its_first_code(identity, employed, sign_in):
    employed(people.BOB)
    assert identity.as_(people.BOB).post("/v1/me/otp").status_code == 201
    assert sign_in(people.BOB).status_code == 200


def test_a_confirmed_secret_is_not_replaced_by_a_thief_of_the_session(app_of_bob, identity):
    assert identity.as_(people.BOB).post("/v1/me/otp").status_code == 409


def test_giving_codes_up_takes_a_last_code(app_of_bob, identity, sign_in, now):
    bob = identity.as_(people.BOB)
    assert bob.delete("/v1/me/otp", json={"code": "000000"}).status_code == 401
    now.forward(60)
    assert bob.delete("/v1/me/otp", json={"code": app_of_bob.at(now.at)}).status_code == 204
    assert sign_in(people.BOB).status_code == 200
