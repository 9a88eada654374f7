"""Another service and identity as two processes: keys travel over HTTP, and outlast identity."""

import os
import signal
import subprocess
import sys
import time

import pytest
import requests

from deploy.native import ports
from shared.http.app import create_api
from tests import people, staffing


class Identity:
    """Identity's own process, as the supervisor starts it."""

    def __init__(self, environment):
        self.port = ports.random_free(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment | {"PORT": str(self.port), "API_THREADS": "4"}
        self._process = None

    def start(self):
        command = [
            "gunicorn",
            "--config",
            "deploy/gunicorn.conf.py",
            "services.identity.app:create_app()",
        ]
        self._process = subprocess.Popen([sys.executable, "-m", *command], env=self._environment)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except requests.RequestException:  # not there yet, or slow to begin
                time.sleep(0.1)
        raise AssertionError("identity did not become ready")

    def kill(self):
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(60)

    def ask(self, path, body, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = requests.post(self.url + path, json=body, headers=headers, timeout=60)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()


@pytest.fixture
def identity(stage, pool):
    pool("identity")
    staffing.employ(people.BOB, people.ALICE)
    process = Identity({name: value for name, value in os.environ.items() if name != "JWKS_FILE"})
    try:
        process.start()
        yield process
    finally:
        process.kill()


@pytest.fixture
def afar(identity, board, monkeypatch):
    """The made-up service in this process, which knows identity's address and nothing else."""
    assert board.app
    monkeypatch.delenv("JWKS_FILE")
    monkeypatch.setenv("IDENTITY_URL", identity.url)
    return create_api("booking", [board.app.blueprints["board"]]).test_client()


def as_(token):
    return {"Authorization": f"Bearer {token}"}


def sign_in(identity, person):
    given = {"email": person.email, "password": staffing.PASSWORD}
    return identity.ask("/v1/tokens", given)["access_token"]


def test_a_token_is_recognised_and_stays_so_while_identity_is_down(identity, afar):
    token = sign_in(identity, people.BOB)
    assert afar.get("/v1/whoami", headers=as_(token)).json["id"] == str(people.BOB.id)
    identity.kill()
    assert afar.get("/v1/whoami", headers=as_(token)).status_code == 200


def test_an_api_key_is_recognised_and_stays_so_for_a_while(identity, afar):
    wanted = {"label": "till", "role": "front_desk", "clinic_id": str(people.SOHO.id)}
    alice = sign_in(identity, people.ALICE)
    till, unused = (identity.ask("/v1/api-keys", wanted, alice) for _ in range(2))
    assert afar.get("/v1/whoami", headers=as_(till["key"])).json["id"] == till["id"]
    assert afar.get("/v1/whoami", headers=as_("npk_" + "x" * 43)).status_code == 401
    identity.kill()
    assert afar.get("/v1/whoami", headers=as_(till["key"])).status_code == 200
    answer = afar.get("/v1/whoami", headers=as_(unused["key"]))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_a_service_that_never_saw_a_key_asks_to_come_again(identity, afar):
    token = sign_in(identity, people.BOB)
    identity.kill()
    answer = afar.get("/v1/whoami", headers=as_(token))
    assert answer.status_code == 503
    assert answer.get_json(force=True)["type"].endswith("/sign-in-unavailable")
    assert answer.headers["Retry-After"]
    identity.start()
    assert afar.get("/v1/whoami", headers=as_(token)).status_code == 200
