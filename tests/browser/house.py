"""The processes that a page stands on, started for its tests: by deploy/processes.toml, on the
run's PostgreSQL and RabbitMQ, behind the gateway, which makes them one origin."""

import base64
import os
import secrets
import signal
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import requests

from deploy.native import gateway, ports
from tests import databases, servers

MANIFEST = tomllib.loads(Path("deploy/processes.toml").read_text(encoding="utf-8"))
# What tests in this process told themselves (keys, addresses) is not for processes of the house.
_INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")
LISTENING = ("api", "live")
WHOLE = (
    "identity-api",
    "booking-api",
    "booking-worker",
    "booking-relay",
    "client-records-api",
    "client-records-relay",
    "device-telemetry-api",
    "device-telemetry-relay",
    "device-telemetry-worker",
    "device-telemetry-live",
    "headquarters-api",
    "headquarters-worker",
    "headquarters-live",
)


@dataclass
class House:
    """Some processes of the platform; `dsn(service)` and `amqp_url` are theirs."""

    folder: Path
    dsn: object
    amqp_url: str
    names: tuple[str, ...]
    running: dict[str, subprocess.Popen] = field(default_factory=dict)

    def __post_init__(self):
        numbers = ports.random_free(len(MANIFEST["processes"]) + 1)
        self.ports = dict(zip(MANIFEST["processes"], numbers, strict=False))
        self.gateway_port = numbers[-1]
        self.data_key = base64.b64encode(secrets.token_bytes(32)).decode()
        self.links_key = secrets.token_hex(32)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.gateway_port}"

    def url(self, process: str) -> str:
        return f"http://127.0.0.1:{self.ports[process]}"

    def open(self, *, public: bool = True) -> None:
        for name in self.names:
            self.start(name)
        if public:
            self._start_gateway()
        for name in self.names:
            if MANIFEST["processes"][name]["kind"] in LISTENING:
                self.wait(name)

    def close(self) -> None:
        for name in list(self.running)[::-1]:
            self.stop(name)

    def start(self, name: str) -> None:
        entry = MANIFEST["processes"][name]
        command = [sys.executable, "-m", *self._command(name, entry)]
        self._run(name, command, self.environment(name))

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        """End a process with its workers: one that only lost its master would go on serving."""
        process = self.running.pop(name)
        os.killpg(process.pid, how)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)

    def wait(self, name: str, patience_s: float = 150) -> None:
        """Wait until a process answers that it lives."""
        deadline = time.monotonic() + patience_s
        while not self._lives(name):
            assert self.running[name].poll() is None, f"{name} ended: {self.log(name)}"
            assert time.monotonic() < deadline, f"{name} does not answer: {self.log(name)}"
            time.sleep(0.1)

    def _lives(self, name: str) -> bool:
        try:
            return requests.get(self.url(name) + "/healthz", timeout=30).ok
        except requests.RequestException:
            return False

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")[-3000:]

    def environment(self, name: str) -> dict[str, str]:
        service = MANIFEST["processes"][name]["service"]
        apis = (
            "identity",
            "booking",
            "client_records",
            "device_telemetry",
            "notification",
            "headquarters",
        )
        urls = {f"{each.upper()}_URL": self.url(f"{each.replace('_', '-')}-api") for each in apis}
        return {
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            **urls,
            "HEADQUARTERS_LIVE_URL": self.url("headquarters-live"),
            "DEVICE_TELEMETRY_LIVE_URL": self.url("device-telemetry-live"),
            "NEEDLEPOINT_ENV": "development",
            "SERVICE": service,
            "DATABASE_URL": self.dsn(service),
            "AMQP_URL": self.amqp_url,
            "BROKER_MANAGEMENT_URL": "http://nobody:nobody@127.0.0.1:9",
            "DATA_KEY": self.data_key,
            "LINKS_KEY": self.links_key,
            "WEB_PLAIN_COOKIE": "true",
            "PORT": str(self.ports[name]),
            "BIND_HOST": "127.0.0.1",
        }

    def command(self, module: str, *arguments: str, service: str, told: str = "") -> str:
        """Run a command of a service and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=self.environment(f"{service.replace('_', '-')}-api"),
            input=told,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def _command(self, name: str, entry: dict[str, str]) -> list[str]:
        told = MANIFEST["kinds"][entry["kind"]].format(
            module=entry.get("module", ""), service=entry["service"]
        )
        words = told.removeprefix("python -m ").split()
        if words[0] == "gunicorn":
            words[1:1] = ["--bind", f"127.0.0.1:{self.ports[name]}"]
        return words

    def _start_gateway(self) -> None:
        numbers = self.ports | {"gateway": self.gateway_port}
        told = gateway.environment(SimpleNamespace(ports=numbers, run=self.folder))
        self._run("gateway", gateway.command(), os.environ | told)
        ports.wait_for(self.gateway_port, "the gateway")

    def _run(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True
            )


@contextmanager
def lent(folder: Path, name: str, *, pages: bool):
    """Lend a house with its own database and virtual host; with `pages`, web and gateway too."""
    database, broker = databases.copy_for(name), servers.rabbitmq()
    broker.management.add_vhost(name)
    names = (*WHOLE, "web") if pages else WHOLE
    house = House(folder, partial(databases.dsn, database), broker.url_of(name), names)
    try:
        house.command("shared.amqp.topology", service="identity")
        house.open(public=pages)
        yield house
    finally:
        house.close()
        broker.management.remove_vhost(name)
        databases.drop(database)
