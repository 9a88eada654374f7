"""The commands that work without HTTP: the first administrator, and new signing keys."""

import io
import sys
from datetime import timedelta

import pytest

from services.identity import create_staff, rotate_keys
from services.identity.api import signer
from services.identity.usecases import signing_keys
from shared import clock, db
from tests import people

SECRET = "an administrator's phrase"  # noqa: S105 # of a made-up person


@pytest.fixture
def run(identity, monkeypatch, capsys):
    """Run a command as a shell would."""

    def command(module, *words, typed=""):
        monkeypatch.setattr(sys, "argv", ["command", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        assert identity.app
        module.main()
        return capsys.readouterr().out.splitlines()[-1]

    return command


def add_admin(run, typed=SECRET + "\n"):
    words = ("--email", "first@needlepoint.example", "--name", "First", "--role", "hq_admin")
    return run(create_staff, *words, typed=typed)


@pytest.fixture
def reopened(stage):
    """The commands close the pool, as processes of their own; give the test one again."""

    def again():
        stage.leave()
        stage.enter("identity")

    return again


def test_the_first_administrator_can_sign_in_and_add_others(identity, run, reopened, somebody_new):
    new_id = add_admin(run)
    reopened()
    given = {"email": "first@needlepoint.example", "password": SECRET}
    token = identity.post("/v1/tokens", json=given).json["access_token"]
    first = identity.with_headers(Authorization=f"Bearer {token}")
    assert first.get("/v1/me").json["id"] == new_id
    assert first.post("/v1/staff", json=somebody_new()).status_code == 201


def test_adding_again_changes_nothing(run, reopened):
    assert add_admin(run) == add_admin(run, typed="something else entirely\n")
    reopened()


def test_a_weak_password_is_refused_with_the_reason(run, reopened):
    with pytest.raises(SystemExit, match="first that anybody"):
        add_admin(run, typed="password123\n")
    reopened()


def kids(identity):
    return {key["kid"] for key in identity.get("/v1/jwks").json["keys"]}


def me(identity, token):
    return identity.with_headers(Authorization=f"Bearer {token}").get("/v1/me").status_code


def test_a_new_key_is_published_a_day_ahead_and_old_tokens_stay_good(
    identity, employed, sign_in, run, reopened
):
    employed(people.BOB)
    before = sign_in(people.BOB).json["access_token"]
    old = kids(identity)
    new = run(rotate_keys)
    reopened()
    assert kids(identity) == old | {new}
    signer.forget()
    assert me(identity, sign_in(people.BOB).json["access_token"]) == 200
    assert me(identity, before) == 200

    tomorrow = clock.now() + signing_keys.AHEAD + timedelta(minutes=1)
    with db.transaction() as tx:
        assert signing_keys.current(tx, "unused", tomorrow).kid == new
        later = signing_keys.jwks(tx, tomorrow + signing_keys.OVERLAP)
    assert {key["kid"] for key in later["keys"]} == {new}


def test_a_stolen_key_ends_at_once(identity, employed, sign_in, run, reopened):
    from services.identity.app import create_app

    employed(people.BOB)
    before = sign_in(people.BOB).json["access_token"]
    new = run(rotate_keys, "--at-once")
    reopened()
    signer.forget()
    assert kids(identity) == {new}

    fresh = create_app().test_client()  # a process that has not kept the old set
    headers = {"Authorization": f"Bearer {before}"}
    assert fresh.get("/v1/me", headers=headers).status_code == 401
    after = sign_in(people.BOB).json["access_token"]
    headers = {"Authorization": f"Bearer {after}"}
    assert fresh.get("/v1/me", headers=headers).status_code == 200


def test_the_private_half_cannot_be_read_in_the_database(identity):
    identity.get("/v1/jwks")
    with db.transaction() as tx:
        row = tx.one("SELECT private_key, public_jwk FROM identity.signing_keys")
    assert "d" not in row["public_jwk"]
    assert b"-----BEGIN" not in bytes(row["private_key"])
    assert bytes(row["private_key"])[0] == 1  # our sealed format
