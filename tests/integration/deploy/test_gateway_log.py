"""The gateway's log, at its most talkative: it says which route, never a secret of an address."""

import os
import signal
import subprocess
from types import SimpleNamespace

import pytest
import requests

from deploy.native import gateway, ports
from deploy.native.processes import load

ADDRESS = "confirm.WyJhIl0.c2VjcmV0LXNpZ25hdHVyZQ"
NUMBERS = [process.name for process in load()]


@pytest.fixture
def lonely(tmp_path):
    """A gateway with no service behind it, and what it writes."""
    free, *others = ports.random_free(len(NUMBERS) + 1)
    numbers = dict(zip(NUMBERS, others, strict=True)) | {"gateway": free}
    told = gateway.environment(SimpleNamespace(ports=numbers, run=tmp_path))
    log, chatty = tmp_path / "gateway.log", tmp_path / "Caddyfile"
    ours = gateway.CADDYFILE.read_text(encoding="utf-8")
    assert "level WARN" in ours
    chatty.write_text(ours.replace("level WARN", "level DEBUG"), encoding="utf-8")
    command = [
        str(chatty) if word == str(gateway.CADDYFILE) else word for word in gateway.command()
    ]
    with log.open("wb") as written:
        process = subprocess.Popen(command, env=os.environ | told, stdout=written, stderr=written)
    try:
        ports.wait_for(free, "the gateway")
        yield f"http://127.0.0.1:{free}", log
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"/visit/{ADDRESS}?keep=1", "/visit/-?keep=1"),
        (f"/visit/{ADDRESS}/cancel", "/visit/-/cancel"),
        (f"/api/booking/v1/links/{ADDRESS}/times?from=2030-01-07", "/v1/links/-/times"),
        (f"/api/booking/v1/calendars/{ADDRESS}.ics", "/v1/calendars/-"),
        ("/desk?day=2030-01-07", "/desk?day=2030-01-07"),
    ],
)
def test_a_failed_request_is_logged_without_its_secret(lonely, path, said):
    origin, log = lonely
    headers = {"Referer": f"{origin}/visit/{ADDRESS}", "Authorization": f"Bearer {ADDRESS}"}
    assert requests.get(origin + path, headers=headers, timeout=20).status_code == 502
    written = log.read_text(encoding="utf-8")
    assert said in written
    assert ADDRESS not in written
    assert ADDRESS.rpartition(".")[2] not in written
