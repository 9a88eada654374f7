"""The platform on one machine without containers: who runs it and where it listens."""

import stat
from pathlib import Path

import requests

from deploy.native.supervisor import Supervisor
from tests.system.outside import until

LOOPBACK = ("0100007F", "00000000000000000000000001000000")  # as /proc/net writes it


def _ours(folder):
    """Every process under this platform's supervisor, with its own children."""
    found = [Supervisor(folder).pid]
    for pid in found:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
        found.extend(int(child) for child in children.split())
    return found


def _listening(pids):
    """The addresses, in hexadecimal, on which these processes wait for connections."""
    sockets = set()
    for pid in pids:
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            target = str(handle.readlink()) if handle.is_symlink() else ""
            if target.startswith("socket:["):
                sockets.add(target[8:-1])
    rows = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        rows += [line.split() for line in Path(table).read_text(encoding="utf-8").splitlines()[1:]]
    return {row[1].partition(":")[0] for row in rows if row[3] == "0A" and row[9] in sockets}


def test_nothing_runs_as_root(native):
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in _ours(native.folder)}.isdisjoint({0})


def test_every_server_listens_on_loopback_only(native):
    listening = _listening(_ours(native.folder))
    assert listening
    assert listening <= set(LOOPBACK)


def test_secrets_are_for_their_owner_alone(native):
    for name in ("supervisord.conf", "demo.json", "ports.json", *_secrets(native.folder)):
        assert stat.S_IMODE((native.folder / name).stat().st_mode) == 0o600, name


def _secrets(folder):
    return [f"secrets/{file.name}" for file in (folder / "secrets").iterdir()]


def test_a_killed_process_comes_back(native):
    native.kill("booking-api")
    native.wait_for("booking-api")
    address = f"{native.machine.url('booking-api')}/readyz"
    assert until(lambda: _answers(address), what="the booking API")


def _answers(address):
    try:
        return requests.get(address, timeout=3).status_code == 200
    except requests.ConnectionError:
        return False


def test_what_is_too_large_is_refused_at_the_door(native):
    answer = requests.post(
        f"{native.machine.gateway_url}/api/identity/v1/tokens",
        data=b"x" * 3_000_000,
        headers={"Content-Type": "application/json"},
        timeout=20,
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "application/problem+json")
