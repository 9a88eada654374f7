"""The platform on one machine without containers: who runs it and where it listens."""

import stat
from contextlib import suppress
from pathlib import Path

import requests

from deploy.native.supervisor import Supervisor
from tests.patience import until

LOOPBACK = ("0100007F", "00000000000000000000000001000000")  # as /proc/net writes it


def _ours(folder):
    """Every process under this platform's supervisor, with its own children.

    Processes and their sockets come and go while this looks (a database backend ends with its
    connection), so what has vanished meanwhile is passed over.
    """
    found = [Supervisor(folder).pid]
    for pid in found:
        with suppress(FileNotFoundError, ProcessLookupError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
            found.extend(int(child) for child in children.split())
    return found


def _sockets(pid):
    with suppress(FileNotFoundError, ProcessLookupError):
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                target = str(handle.readlink())
                if target.startswith("socket:["):
                    yield target[8:-1]


def _owner(pid):
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}").stat().st_uid
    return None


def _listening(pids):
    """The addresses, in hexadecimal, on which these processes wait for connections."""
    rows = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        rows += [line.split() for line in Path(table).read_text(encoding="utf-8").splitlines()[1:]]
    waiting = {row[9]: row[1].partition(":")[0] for row in rows if row[3] == "0A"}
    return {waiting[each] for pid in pids for each in _sockets(pid) if each in waiting}


def test_nothing_runs_as_root(native):
    owners = {_owner(pid) for pid in _ours(native.folder)} - {None}
    assert owners
    assert 0 not in owners


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
    except requests.RequestException:  # not there yet, or slow
        return False


def test_what_is_too_large_is_refused_at_the_door(native):
    answer = requests.post(
        f"{native.machine.gateway_url}/api/identity/v1/tokens",
        data=b"x" * 3_000_000,
        headers={"Content-Type": "application/json"},
        timeout=60,
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "application/problem+json")
