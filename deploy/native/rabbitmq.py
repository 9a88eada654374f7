"""A RabbitMQ of our own on loopback, with its own epmd; the platform and the tests use the same."""

import base64
import hashlib
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from deploy.native import accounts, ports
from deploy.native.accounts import Account
from deploy.native.ports import LOOPBACK
from deploy.rabbitmq.conf import Conf, Tls, devices

SOURCES = Path(__file__).resolve().parent.parent / "rabbitmq"
ADMINISTRATOR = "needlepoint_admin"
# No busy waiting in the schedulers: an idle clinic should not warm a laptop.
ERLANG = "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none"


class RabbitMissing(RuntimeError):
    """The machine has no RabbitMQ server."""


class RabbitSilent(RuntimeError):
    """RabbitMQ was started and does not answer."""


@dataclass(frozen=True, slots=True)
class Rabbit:
    """Where one broker keeps its data and listens.  `password` is the administrator's.

    `device_api` is the port of the device-telemetry API, which says which devices may connect.
    """

    folder: Path
    amqp: int
    management: int
    mqtt: int
    distribution: int
    epmd: int
    device_api: int
    password: str
    tls: Tls | None = None

    def amqp_url(self, user: str = ADMINISTRATOR, password: str | None = None) -> str:
        """Return the address of the virtual host `/`, as a user."""
        return f"amqp://{user}:{password or self.password}@{LOOPBACK}:{self.amqp}/%2F"

    @property
    def api(self) -> "Management":
        """Return the administrator's way in over HTTP."""
        return Management(f"http://{LOOPBACK}:{self.management}", ADMINISTRATOR, self.password)


class NoSuchThing(RuntimeError):
    """The broker knows no such queue, user or virtual host."""


@dataclass(frozen=True, slots=True)
class Management:
    """The broker's management API."""

    url: str
    user: str
    password: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Return the JSON answer of `/api/{path}`.  Raises NoSuchThing or OSError."""
        secret = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310  # the address is ours: http on loopback
            f"{self.url}/api/{path}", data=data, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # as above
                text = answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                if refused.code == HTTPStatus.NOT_FOUND:
                    raise NoSuchThing(f"{method} {path}") from refused
                raise OSError(f"{method} {path}: {refused.code} {refused.read()!r}") from refused
        return json.loads(text) if text else None

    def wait(self, *, seconds: float = 90) -> None:
        """Wait until the broker answers.  Raises RabbitSilent."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.call("GET", "overview")
            except (OSError, NoSuchThing) as refused:  # 404 while it starts
                if time.monotonic() > deadline:
                    raise RabbitSilent(f"RabbitMQ does not answer: {refused}") from refused
                time.sleep(0.1)
            else:
                return

    def add_user(self, name: str, password: str, *, tags: str = "") -> None:
        """Create a user, or change the password."""
        self.call("PUT", f"users/{_quoted(name)}", {"password": password, "tags": tags})

    def permit(self, name: str, vhost: str, configure: str, write: str, read: str) -> None:
        """Say which names of a virtual host a user may configure, write and read: regexes."""
        wanted = {"configure": configure, "write": write, "read": read}
        self.call("PUT", f"permissions/{_quoted(vhost)}/{_quoted(name)}", wanted)

    def add_vhost(self, name: str) -> None:
        """Create a virtual host, which only the administrator may enter."""
        self.call("PUT", f"vhosts/{_quoted(name)}", {})
        self.permit(self.user, name, ".*", ".*", ".*")

    def remove_vhost(self, name: str) -> None:
        """Forget a virtual host with all its queues."""
        self.call("DELETE", f"vhosts/{_quoted(name)}")

    def define(self, definitions: object, vhost: str = "/") -> None:
        """Declare queues, exchanges, bindings and policies in a virtual host; repeating is safe."""
        self.call("POST", f"definitions/{_quoted(vhost)}", definitions)


def server() -> Path:
    """Return the server's own start script; Debian's wrapper in sbin refuses other users."""
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    if not found:
        raise RabbitMissing("No RabbitMQ server is installed. `make up` installs one.")
    return found[-1]


def release() -> int:
    """Return the first number of this machine's RabbitMQ's version.  Raises RabbitMissing."""
    folder = server().parent.parent.name  # rabbitmq_server-3.10.8
    return int(folder.partition("-")[2].partition(".")[0])


def create(rabbit: Rabbit, account: Account | None, version: int | None = None) -> None:
    """Make the folders and write the configuration, for this machine's RabbitMQ or another."""
    for folder in (rabbit.folder, *(rabbit.folder / part for part in ("home", "data", "log"))):
        accounts.own(folder, account)
    plugins = (SOURCES / "enabled_plugins").read_text(encoding="utf-8")
    accounts.write(rabbit.folder / "enabled_plugins", plugins, account)
    accounts.write(
        rabbit.folder / "rabbitmq.conf", _configuration(rabbit, version or release()), account
    )


def fingerprint(rabbit: Rabbit) -> str:
    """Return a hash of what the server reads when it starts: another one means start it again."""
    files = (rabbit.folder / name for name in ("rabbitmq.conf", "enabled_plugins"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def environment(rabbit: Rabbit) -> dict[str, str]:
    """Return the environment in which the server and its command-line tools find each other."""
    folder = rabbit.folder
    return {
        "PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin",
        "LANG": "C.UTF-8",
        "HOME": str(folder / "home"),
        "RABBITMQ_NODENAME": "needlepoint@localhost",
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": str(folder / "log" / "rabbitmq.log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "no-such-file"),
        "RABBITMQ_PID_FILE": str(folder / "rabbitmq.pid"),
        "RABBITMQ_DIST_PORT": str(rabbit.distribution),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG,
        "ERL_EPMD_PORT": str(rabbit.epmd),
        "ERL_EPMD_ADDRESS": LOOPBACK,
    }


def epmd_command(rabbit: Rabbit) -> list[str]:
    """Return the command that runs this broker's name server in the foreground."""
    return ["epmd", "-port", str(rabbit.epmd), "-address", LOOPBACK]


def wait_for_epmd(rabbit: Rabbit) -> None:
    """Wait until the name server answers; the broker must not start before."""
    ports.wait_for(rabbit.epmd, "epmd", seconds=20)


def wait(rabbit: Rabbit) -> None:
    """Wait until the broker answers and takes connections of every kind."""
    rabbit.api.wait()
    ports.wait_for(rabbit.amqp, "RabbitMQ")
    ports.wait_for(rabbit.mqtt, "RabbitMQ's MQTT listener")


def _quoted(name: str) -> str:
    return urllib.parse.quote(name, safe="")


def _configuration(rabbit: Rabbit, version: int) -> str:
    """Return rabbitmq.conf: loopback only, bounded memory, and what every place has in common."""
    common = Conf(
        device_api=f"http://{LOOPBACK}:{rabbit.device_api}",
        release=version,
        host=LOOPBACK,
        mqtt=rabbit.mqtt,
        tls=rabbit.tls,
    )
    return f"""\
listeners.tcp.1 = {LOOPBACK}:{rabbit.amqp}
management.tcp.ip = {LOOPBACK}
management.tcp.port = {rabbit.management}
default_user = {ADMINISTRATOR}
default_pass = {rabbit.password}
disk_free_limit.absolute = 64MB
vm_memory_high_watermark.absolute = 2GB
log.console = false
log.file.level = info
{devices(common)}"""
