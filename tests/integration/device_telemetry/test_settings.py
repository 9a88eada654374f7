"""Who cuts connections was told where; a secret that is gone since is no fault of the caller."""

import json

import pytest

from services.device_telemetry import app, timer
from shared import clock, process
from shared.settings import SettingMissing
from tests import people

UNUSABLE = ["", "15672", "http://:15672", "http://a:b@rabbitmq", "http://a:b@rabbitmq:management"]


@pytest.mark.parametrize("told", [None, *UNUSABLE])
@pytest.mark.parametrize("start", [app.create_app, timer.main])
def test_no_process_that_cuts_connections_starts_without_its_broker(
    fleet, monkeypatch, start, told
):
    monkeypatch.setattr(process, "begin", lambda *_: pytest.fail("it started"))
    if told is None:
        monkeypatch.delenv("BROKER_MANAGEMENT_URL")
    else:
        monkeypatch.setenv("BROKER_MANAGEMENT_URL", told)
    with pytest.raises(SettingMissing, match="BROKER_MANAGEMENT_URL") as wrong:
        start()
    assert "a:b" not in str(wrong.value)


def test_a_device_is_retired_while_the_broker_cannot_be_named(
    fleet, pen, monkeypatch, tmp_path, capsys
):
    """Its secret's file may be unreadable since the start: the timer cuts later, the log says."""
    monkeypatch.setenv("BROKER_MANAGEMENT_URL_FILE", str(tmp_path / "gone"))
    alice = fleet.http.as_(people.ALICE)
    assert alice.delete(f"/v1/devices/{pen.id}/credentials").status_code == 204
    assert alice.post(f"/v1/devices/{pen.id}/retire").status_code == 200
    soon = clock.now() + 2 * timer.SETTLED
    assert timer.Doorkeeper()(soon) is False
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    why = [line["reason"] for line in told if line["event"].startswith("connection")]
    assert len(why) == 3
    assert all(each.startswith("BROKER_MANAGEMENT_URL_FILE names") for each in why)
    door = {"username": str(pen.id), "password": pen.secret, "vhost": "/", "client_id": str(pen.id)}
    asked = fleet.http.post("/broker/user", data=door)
    assert (asked.status_code, asked.text) == (200, "deny")
