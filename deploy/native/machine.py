"""What this machine was given once and keeps: ports and secrets, in the state folder."""

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.native import accounts, ports, processes
from deploy.native.postgres import Postgres
from deploy.native.rabbitmq import Rabbit
from deploy.rabbitmq.conf import tls_in

# Below the range from which Linux takes ports for outgoing connections.
_WANTED = {
    "gateway": 8080,
    "mqtt": 18830,
    "mqtts": 18883,
    "postgres": 18432,
    "amqp": 18672,
    "management": 18673,
    "distribution": 18674,
    "epmd": 18675,
    "smtp": 18025,
}
_FIRST_SERVICE, _FIRST_BACKGROUND = 18100, 18200
EVERYWHERE = "0.0.0.0"  # noqa: S104 # only with a certificate, for devices outside this machine


@dataclass(frozen=True, slots=True)
class Machine:
    """One clone's state folder and the ports that its servers listen on."""

    run: Path
    ports: dict[str, int]

    @property
    def postgres(self) -> Postgres:
        """Return the database server."""
        return Postgres(self.run / "postgres", self.ports["postgres"], self.secret("postgres"))

    @property
    def rabbit(self) -> Rabbit:
        """Return the broker."""
        return Rabbit(
            folder=self.run / "rabbitmq",
            amqp=self.ports["amqp"],
            management=self.ports["management"],
            mqtt=self.ports["mqtt"],
            distribution=self.ports["distribution"],
            epmd=self.ports["epmd"],
            device_api=self.ports["device-telemetry-api"],
            password=self.secret("rabbitmq"),
            tls=tls_in(self.run / "tls", host=EVERYWHERE, port=self.ports["mqtts"]),
        )

    @property
    def gateway_url(self) -> str:
        """Return the address that a person opens."""
        return f"http://{ports.LOOPBACK}:{self.ports['gateway']}"

    def url(self, process: str) -> str:
        """Return the inner address of a process that answers HTTP."""
        return f"http://{ports.LOOPBACK}:{self.ports[process]}"

    def secret(self, name: str) -> str:
        """Return a password of this machine, made when first asked for."""
        return self._kept(name, lambda: secrets.token_hex(24))

    def key(self, name: str) -> str:
        """Return 32 random bytes in base64, made when first asked for."""
        return self._kept(name, lambda: base64.b64encode(secrets.token_bytes(32)).decode())

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        file = self.run / "secrets" / name
        if not file.exists():
            accounts.own(file.parent, None)
            accounts.write(file, make(), None)
        return file.read_text(encoding="utf-8")


def load(run: Path) -> Machine | None:
    """Return the machine that was set up here, if any was."""
    file = run / "ports.json"
    return Machine(run, json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def settle(run: Path, *, running: bool) -> Machine:
    """Return the machine with its ports: the kept, or the next free where one was taken."""
    known = load(run)
    chosen = dict(known.ports) if known else {}
    taken = set(chosen.values())
    for name, wanted in _wanted().items():
        if name in chosen and (running or ports.is_free(chosen[name])):
            continue
        chosen[name] = ports.next_free(chosen.get(name, wanted), taken)
        taken.add(chosen[name])
    accounts.write(run / "ports.json", json.dumps(chosen, indent=1) + "\n", None)
    return Machine(run, chosen)


def _wanted() -> dict[str, int]:
    wanted = dict(_WANTED)
    for answers, first in ((True, _FIRST_SERVICE), (False, _FIRST_BACKGROUND)):
        names = [each.name for each in processes.load() if each.answers_http is answers]
        wanted |= {name: first + place for place, name in enumerate(names)}
    return wanted
