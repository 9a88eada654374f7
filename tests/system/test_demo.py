"""What `make demo` leaves on the machine, and what `make stop` takes away."""

import stat
from pathlib import Path

import pytest
import requests

from shared.permissions import ROLES
from tests import platforms
from tests.patience import until
from tests.system.outside import Stream


def test_demo_file_holds_what_programs_from_outside_need(platform, native):
    facts = platform.facts
    assert {account["role"] for account in facts["accounts"]} == ROLES
    assert len({clinic["time_zone"] for clinic in facts["clinics"]}) >= 3
    for clinic in facts["clinics"]:
        assert platform.spare_device(clinic["id"])["purpose"].startswith("spare")
    assert stat.S_IMODE(native.demo_file.stat().st_mode) == 0o600


def test_every_account_signs_in(platform):
    for account in platform.facts["accounts"]:
        answer = requests.post(
            f"{platform.gateway}/api/identity/v1/tokens",
            json={"email": account["email"], "password": account["password"]},
            timeout=60,
        )
        assert answer.status_code == 200, account["role"]


def test_an_api_key_works_as_a_bearer_token(platform):
    key = platform.facts["api_keys"][0]
    answer = requests.get(
        f"{platform.gateway}/api/booking/v1/clinics/{key['clinic_id']}/treatments",
        headers={"Authorization": f"Bearer {key['key']}"},
        timeout=60,
    )
    assert answer.status_code == 200
    assert answer.json()["items"]


def test_headquarters_hears_the_pens_without_asking(platform):
    stream = Stream(platform.sign_in("hq_analyst"), "/live/headquarters")
    try:
        until(lambda: len(stream.events) > 3, what="the stream to move")
    finally:
        stream.close()


@pytest.mark.parametrize(
    "path",
    [
        "/api/booking/metrics",
        "/api/booking/healthz",
        "/api/device-telemetry/broker/user",
        "/api/device-telemetry//broker/user",
        "/api/device-telemetry/v1/../broker/user",
        "/metrics",
        "/healthz",
        "/live/",
    ],
)
def test_the_inside_is_not_to_be_seen_from_outside(platform, path):
    prepared = requests.Request("GET", platform.gateway).prepare()
    prepared.url = platform.gateway + path  # as it is: no client tidies it up
    assert requests.Session().send(prepared, timeout=60).status_code in {400, 403, 404}


def test_up_again_keeps_what_runs_and_stop_leaves_no_process():
    with platforms.native("up") as running:
        first = {pid for _, pid in _alive(running)}
        assert first
        running.run("up")
        assert {pid for _, pid in _alive(running)} == first
        running.run("stop")
        until(lambda: not _processes_of(running.folder), what="no process", patience_s=10)


def _alive(running):
    from deploy.native.supervisor import Supervisor

    states = Supervisor(running.folder).states()
    return [(name, entry["pid"]) for name, entry in states.items() if entry["pid"]]


def _processes_of(folder):
    """Every process of this machine whose command line or environment names the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in told and "pytest" not in told.decode(errors="replace"):
            found.append(entry.name)
    return found
