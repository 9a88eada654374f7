"""The door and the mouth of device telemetry as processes of their own, beside a real broker."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pika

from deploy.devicekit import loop
from deploy.devicekit.pen import Identity, Pen
from deploy.native import ports
from deploy.native.rabbitmq import NoSuchThing
from tests import servers
from tests.authority import Authority
from tests.integration.device_telemetry.conftest import Registered
from tests.patience import until

DEFINITIONS = json.loads(Path("deploy/rabbitmq/definitions.json").read_text(encoding="utf-8"))


class Machine:
    """A broker that asks our own API about devices, and ingest and listen to start and kill."""

    def __init__(self, own: servers.BrokerToKill, dsn: str, jwks_file: str, folder: Path) -> None:
        self.own = own
        self.broker = own.broker
        self.authority: Authority | None = None  # that signed the certificate of its TLS listener
        self._folder = folder
        account = f"{self.broker.management.user}:{self.broker.management.password}"
        management = self.broker.management_url.replace("http://", f"http://{account}@")
        self.settings = {
            "SERVICE": "device_telemetry",
            "DATABASE_URL": dsn,
            "AMQP_URL": self.broker.amqp_url,
            "BROKER_MANAGEMENT_URL": management,
            "JWKS_FILE": jwks_file,
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def version(self) -> str:
        """The broker's: 4.3.6."""
        found: str = self.broker.management.call("GET", "overview")["rabbitmq_version"]
        return found

    def declare(self) -> None:
        self.broker.management.define(DEFINITIONS)

    def empty(self) -> None:
        """Forget what waits in every queue, once no device is there that may still write."""
        until(self._nobody_is_there, what="earlier tests' devices to be gone", otherwise=self.said)
        until(self._is_empty, what="queues that can be emptied", otherwise=self.said)

    def _is_empty(self) -> bool:
        """Empty the queues; say whether that was done: one of a broker just started may fail."""
        try:
            with pika.BlockingConnection(pika.URLParameters(self.broker.amqp_url)) as connection:
                channel = connection.channel()
                for queue in self.broker.management.call("GET", "queues/%2F?columns=name"):
                    if queue["name"].startswith("telemetry."):
                        channel.queue_purge(queue["name"])
        except pika.exceptions.AMQPError:
            return False
        return True

    def _nobody_is_there(self) -> bool:
        """Send away whoever is there, and say whether nobody was."""
        api = self.broker.management
        found = api.call("GET", "connections?columns=name,protocol")
        devices = [each["name"] for each in found if "MQTT" in each.get("protocol", "")]
        for name in devices:
            with suppress(NoSuchThing):
                api.call("DELETE", f"connections/{quote(name, safe='')}")
        return not devices

    def open_door(self) -> None:
        """Start the API that the broker asks."""
        module = "services.device_telemetry.app:create_app()"
        self._start(
            "door",
            ["-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", module],
            PORT=str(self.broker.device_api),
        )
        ports.wait_for(self.broker.device_api, "device-telemetry-api")

    def close_door(self) -> None:
        self._stop("door", signal.SIGTERM)

    def start_ingest(self) -> None:
        """Start what takes readings in and what hears alarms and says commands."""
        for name in ("ingest", "listen"):
            self.start(name)

    def start(self, name: str) -> None:
        """Start `ingest`, `listen` or `timer`; one that runs is ended before."""
        self._start(name, ["-m", f"services.device_telemetry.{name}"])

    def kill(self, name: str) -> None:
        self._stop(name, signal.SIGKILL)

    def close(self) -> None:
        for name in list(self._running):
            self._stop(name, signal.SIGTERM)

    def stop_ingest(self) -> None:
        for name in ("ingest", "listen"):
            self._stop(name, signal.SIGTERM)

    def identity(self, pen: Registered, **changes) -> Identity:
        facts = {
            "host": self.broker.mqtt_host,
            "port": self.broker.mqtt_port,
            "device_id": pen.id,
            "clinic_id": pen.clinic.id,
            "secret": pen.secret,
        }
        return Identity(**facts | changes)

    def connected(self, pen: Registered, **options) -> Pen:
        """A pen of the device kit that is on line."""
        mine = Pen(self.identity(pen), **options)
        assert loop.run_until([mine], lambda: mine.connected, seconds=90), self.said()
        return mine

    def said(self) -> str:
        """Return how the processes are, and the last words of each."""
        words = []
        for name, process in self._running.items():
            last = (self._folder / f"{name}.log").read_text(encoding="utf-8")[-2000:]
            words.append(f"{name} (ended with {process.poll()}):\n{last}")
        return "\n".join(words)

    def _start(self, name: str, arguments: list[str], **more: str) -> None:
        self._stop(name, signal.SIGTERM)  # a test that failed may have left it
        with (self._folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, *arguments],
                env=os.environ | self.settings | more,
                stdout=log,
                stderr=log,
            )

    def _stop(self, name: str, how: signal.Signals) -> None:
        process = self._running.pop(name, None)
        if process:
            process.send_signal(how)
            process.wait(timeout=60)
