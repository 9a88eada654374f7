"""From nothing to a running platform, in the order in which its parts need each other."""

import hashlib
import os
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

from deploy.native import (
    accounts,
    broker,
    environment,
    gateway,
    machine,
    ports,
    postgres,
    processes,
    rabbitmq,
)
from deploy.native.machine import Machine
from deploy.native.processes import ROOT
from deploy.native.progress import Failed, run, step
from deploy.native.supervisor import Program, Supervisor
from shared.migrate import MigrationChanged, MigrationStopped, migrate

DEMO = ("pens", "day")  # the demo franchise's own processes: deploy.demo.<name>
LOADER = "deploy.demo.load"
_BACKGROUND = {"worker", "relay", "timer", "ingest", "listen"}


def up(folder: Path) -> Machine:
    """Start what does not run yet and return the machine.  Raises Failed."""
    for name in ("logs", "alive", "secrets"):
        accounts.own(folder / name, None)
    supervisor = Supervisor(folder)
    here = machine.settle(folder, running=supervisor.pid is not None)
    postgres.create(here.postgres, None)
    rabbitmq.create(here.rabbit, None)
    if supervisor.configure(programs(here)) and supervisor.pid is not None:
        with step("Stopping what ran with other settings"):
            supervisor.stop()
    if supervisor.pid is None:
        supervisor.start()
    _start_all(here, supervisor)
    return here


def programs(here: Machine) -> list[Program]:
    """Return everything that supervisor looks after."""
    server, rabbit = here.postgres, here.rabbit
    own = {"PORT": str(here.ports["smtp"]), "MAILBOX": str(here.run / "mail")}
    python = {"PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "2"}
    found = [
        Program("postgres", tuple(postgres.command(server)), {}, 10, "INT"),
        Program("epmd", tuple(rabbitmq.epmd_command(rabbit)), rabbitmq.environment(rabbit), 10),
        Program(
            "rabbitmq",
            (str(rabbitmq.server()),),
            rabbitmq.environment(rabbit) | {"CONFIGURED": rabbitmq.fingerprint(rabbit)},
            order=20,
            group=True,
        ),
        Program("mailbox", (sys.executable, "-m", "deploy.native.mailbox"), own | python, 30),
        Program("gateway", tuple(gateway.command()), gateway.environment(here), 200),
    ]
    for process in processes.load():
        told = environment.of(process, here) | python
        found.append(Program(process.name, process.command, told))
    told = environment.demo(here) | python
    return found + [
        Program(name, (sys.executable, "-m", f"deploy.demo.{name}"), told, 300) for name in DEMO
    ]


def _start_all(here: Machine, supervisor: Supervisor) -> None:
    listed = processes.load()
    answering = [process.name for process in listed if process.answers_http]
    background = [process.name for process in listed if process.kind in _BACKGROUND]
    if not _code_is_known(here.run):
        _stop_ours(supervisor, [*answering, *background, *DEMO, "gateway", "mailbox"])
    supervisor.begin(["postgres", "epmd", "mailbox"])
    rabbitmq.wait_for_epmd(here.rabbit)
    supervisor.begin(["rabbitmq"])
    with step("Starting PostgreSQL and bringing the schemas up to date"):
        _schemas(here)
    supervisor.begin(answering)
    with step("Starting RabbitMQ and setting up its queues and users"):
        rabbitmq.wait(here.rabbit)
        _queues(here)
    _forget_signs(here.run, supervisor, background)
    supervisor.begin([*background, "gateway"])
    with step(f"Starting {len(listed)} processes"):
        supervisor.await_running([*answering, *background, "gateway", "mailbox"])
        for name in answering:
            _await(partial(healthy, here, name), here, name)
        for name in background:
            _await((here.run / "alive" / name).exists, here, name)
        ports.wait_for(here.ports["gateway"], "The gateway")
    _remember_code(here.run)


def _queues(here: Machine) -> None:
    """Declare what must be there before the first event or reading; repeating it is safe.

    At every start, because the broker's data may have been lost or restored meanwhile.
    """
    broker.set_up(here.rabbit.api, lambda user: here.secret(f"amqp-{user}"))
    run(
        [sys.executable, "-m", "shared.amqp.topology"],
        here.run / "logs" / "topology.log",
        what="Declaring the events' queues",
        env={**os.environ, "AMQP_URL": here.rabbit.amqp_url()},
    )


def _schemas(here: Machine) -> None:
    """Make database, roles and schemas, and apply what is missing, as the schemas' owners."""
    server = here.postgres
    postgres.wait(server.dsn("postgres"))
    postgres.create_database(server.dsn("postgres"), environment.DATABASE)
    services = processes.services()
    passwords = {f"{service}_app": environment.password(here, service) for service in services}
    migrator = environment.MIGRATOR
    passwords[migrator] = here.secret(f"database-{migrator}")
    postgres.apply_roles(server.dsn(environment.DATABASE), passwords)
    try:
        for service in services:
            migrate(environment.migrator(here), service)
    except MigrationChanged as changed:
        raise Failed(f"{changed} Only the local data stands against it? `make reset`.") from changed
    except MigrationStopped as stopped:
        raise Failed(str(stopped)) from stopped


def _forget_signs(folder: Path, supervisor: Supervisor, names: list[str]) -> None:
    """Remove the signs of life of processes that do not live, so that new ones can be awaited."""
    states = supervisor.states()
    for name in names:
        if not states[name]["pid"]:
            (folder / "alive" / name).unlink(missing_ok=True)


def _await(well: Callable[[], bool], here: Machine, name: str, *, seconds: float = 60) -> None:
    """Wait until a process does its work.  Raises Failed, naming its log."""
    deadline = time.monotonic() + seconds
    while not well():
        if time.monotonic() > deadline:
            raise Failed(f"{name} does not begin its work; see {here.run / 'logs' / name}.log")
        time.sleep(0.1)


def healthy(here: Machine, name: str) -> bool:
    """Say whether a process answers its health check."""
    address = f"{here.url(name)}/healthz"
    try:
        with urllib.request.urlopen(address, timeout=3) as answer:  # noqa: S310  # http, loopback
            return bool(answer.status == 200)  # noqa: PLR2004  # HTTP's own number
    except OSError:
        return False


def _stop_ours(supervisor: Supervisor, names: list[str]) -> None:
    states = supervisor.states()
    if any(states[name]["pid"] for name in names):
        with step("Stopping processes of older code"):
            supervisor.end(names)


def _fingerprint() -> str:
    """Return a hash over names, sizes and times of the code that processes run."""
    digest = hashlib.sha256()
    for part in ("shared", "services", "deploy"):
        for file in sorted((ROOT / part).rglob("*")):
            if file.suffix in {".py", ".sql", ".toml", ".json", ".html"}:
                state = file.stat()
                digest.update(f"{file}{state.st_size}{state.st_mtime_ns}".encode())
    return digest.hexdigest()


def _code_is_known(folder: Path) -> bool:
    """Say whether the platform once came up completely with this very code."""
    stamp = folder / "code.sha256"
    return stamp.exists() and stamp.read_text(encoding="utf-8") == _fingerprint()


def _remember_code(folder: Path) -> None:
    accounts.write(folder / "code.sha256", _fingerprint(), None)
