"""A PostgreSQL and a RabbitMQ for tests: an address given, else containers, else native ones.

They start when a test first asks, once a run, and stop at its end.  Which way was taken is printed;
when no way works the test fails, it is never skipped.  TEST_SERVERS=native passes containers by.
"""

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from deploy.native import accounts, ports
from deploy.native import postgres as native_postgres
from deploy.native import rabbitmq as native_rabbitmq
from deploy.native.postgres import Postgres
from deploy.native.rabbitmq import Management, Rabbit
from deploy.rabbitmq.conf import tls_in
from tests import containers, lifetimes

NATIVE = "this machine's own binaries"


@dataclass(frozen=True, slots=True)
class Database:
    """A PostgreSQL server; `admin_dsn` is a superuser's address of its database `postgres`."""

    admin_dsn: str
    way: str

    def dsn(self, database: str, user: str | None = None, password: str | None = None) -> str:
        parts = urlsplit(self.admin_dsn)
        place = parts.netloc.rpartition("@")[2]
        who = f"{user}:{password}@{place}" if user else parts.netloc
        return urlunsplit((parts.scheme, who, f"/{database}", "", ""))


@dataclass(frozen=True, slots=True)
class Broker:
    """A RabbitMQ.  `amqp_url` is an administrator's, of the virtual host `/`, where MQTT lives.

    It asks `http://127.0.0.1:{device_api}/broker/*` about devices: serve device-telemetry there.
    """

    amqp_url: str
    management_url: str
    mqtt_host: str
    mqtt_port: int
    device_api: int
    way: str
    mqtts_port: int = 0

    @property
    def management(self) -> Management:
        parts = urlsplit(self.amqp_url)
        return Management(self.management_url, parts.username or "", parts.password or "")

    def url_of(self, vhost: str) -> str:
        return self.amqp_url.rpartition("/")[0] + "/" + quote(vhost, safe="")


class BrokerToKill:
    """A broker of one test's own: `kill()` is `kill -9`, `start()` brings it back with its data."""

    def __init__(self, name: str, *, tls: Path | None = None) -> None:
        self._name = name
        self._rabbit = _rabbit(name, tls)
        self._containers = containers.can_run(containers.RABBITMQ)
        version = containers.rabbitmq_release() if self._containers else None
        native_rabbitmq.create(self._rabbit, accounts.unprivileged(), version)
        self.start()
        self.broker = _broker(self._rabbit, "a container" if self._containers else NATIVE)

    def start(self) -> None:
        if self._containers:
            containers.start_rabbitmq(self._name, self._rabbit)
        else:
            _start_rabbit(self._name, self._rabbit)
        try:
            native_rabbitmq.wait(self._rabbit)
        except (native_rabbitmq.RabbitSilent, ports.NobodyAnswers) as silent:
            silent.add_note(lifetimes.last_words(self._name))
            raise

    def kill(self) -> None:
        lifetimes.halt(self._name, signal.SIGKILL)

    def restart(self) -> None:
        self.kill()
        self.start()

    def control(self, *words: str) -> None:
        """Run rabbitmqctl where the broker runs, for what its API does not offer."""
        if self._containers:
            container = (lifetimes.known(self._name) or {})["container"]
            command, account = ["docker", "exec", container, "rabbitmqctl", *words], None
        else:
            tool = native_rabbitmq.server().with_name("rabbitmqctl")
            command, account = [str(tool), *words], accounts.unprivileged()
        environment = dict(os.environ) | native_rabbitmq.environment(self._rabbit)
        running = accounts.start(
            command, account, folder=self._rabbit.folder, environment=environment
        )
        assert running.wait(180) == 0, words

    def close(self) -> None:
        for name in (self._name, f"{self._name}-epmd"):
            lifetimes.forget(name)


@contextmanager
def broker_to_kill(*, tls: Path | None = None) -> Iterator[BrokerToKill]:
    """Lend a broker that nobody else uses; with certificates in `tls` it listens by TLS, too."""
    mine = BrokerToKill(f"rabbitmq-{secrets.token_hex(4)}", tls=tls)
    try:
        yield mine
    finally:
        mine.close()


def postgres() -> Database:
    """Return the run's PostgreSQL."""
    return Database(**lifetimes.once("postgres", _find_postgres))


def rabbitmq() -> Broker:
    """Return the run's RabbitMQ."""
    return Broker(**lifetimes.once("rabbitmq", _find_rabbitmq))


def _find_postgres() -> dict[str, object]:
    if given := os.environ.get("TEST_DATABASE_URL"):
        found = Database(given, "TEST_DATABASE_URL")
    elif containers.can_run(containers.POSTGRES):
        found = Database(containers.start_postgres("postgres"), "a container")
    else:
        found = Database(_start_postgres("postgres"), NATIVE)
    native_postgres.wait(found.admin_dsn)
    return asdict(found)


def _find_rabbitmq() -> dict[str, object]:
    if given := os.environ.get("TEST_AMQP_URL"):
        host = urlsplit(given).hostname or ports.LOOPBACK
        management = os.environ.get("TEST_MANAGEMENT_URL", f"http://{host}:15672")
        mqtt, device_api = (
            int(os.environ.get(f"TEST_{name}_PORT", "0")) for name in ("MQTT", "DEVICE_API")
        )
        return asdict(Broker(given, management, host, mqtt or 1883, device_api, "TEST_AMQP_URL"))
    shared = BrokerToKill("rabbitmq")
    return asdict(shared.broker)


def _start_postgres(name: str) -> str:
    server = Postgres(lifetimes.folder() / name, ports.random_free(1)[0], secrets.token_hex(16))
    native_postgres.create(server, accounts.unprivileged(), durable=False)
    lifetimes.start(name, native_postgres.command(server), cwd=server.folder)
    return server.dsn("postgres")


def _rabbit(name: str, tls: Path | None) -> Rabbit:
    folder = lifetimes.folder() / name
    *chosen, mqtts = ports.random_free(7)
    secure = tls_in(tls, host=ports.LOOPBACK, port=mqtts) if tls else None
    return Rabbit(folder, *chosen, password=secrets.token_hex(16), tls=secure)


def _start_rabbit(name: str, rabbit: Rabbit) -> None:
    environment = native_rabbitmq.environment(rabbit)
    if not ports.answers(rabbit.epmd):
        lifetimes.start(
            f"{name}-epmd",
            native_rabbitmq.epmd_command(rabbit),
            cwd=Path("/"),
            environment=environment,
        )
        native_rabbitmq.wait_for_epmd(rabbit)
    lifetimes.start(
        name, [str(native_rabbitmq.server())], cwd=rabbit.folder, environment=environment
    )


def _broker(rabbit: Rabbit, way: str) -> Broker:
    return Broker(
        amqp_url=rabbit.amqp_url(),
        management_url=rabbit.api.url,
        mqtt_host=ports.LOOPBACK,
        mqtt_port=rabbit.mqtt,
        device_api=rabbit.device_api,
        way=way,
        mqtts_port=rabbit.tls.port if rabbit.tls else 0,
    )
