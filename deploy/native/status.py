"""The table of `make status`."""

import time
from pathlib import Path

from deploy.native import bringup, processes
from deploy.native.machine import Machine
from deploy.native.supervisor import Supervisor
from shared import alive

MIB = 1024 * 1024
_PORTS = {"postgres": "postgres", "rabbitmq": "amqp", "gateway": "gateway", "mailbox": "smtp"}


def table(here: Machine, supervisor: Supervisor) -> bool:
    """Print each process with its state, port, health and memory; return whether all is well."""
    print(f"{'process':<26}{'state':<10}{'for':>8}{'port':>7}{'memory':>9}  health")
    well, total = True, 0
    for name, entry in sorted(supervisor.states().items()):
        expected = name not in bringup.DEMO or entry["statename"] != "STOPPED"
        health = _health(here, name) if entry["statename"] == "RUNNING" else "-"
        memory = memory_of(entry["pid"]) if entry["pid"] else 0
        ours = name not in {"postgres", "rabbitmq", "epmd"}
        total += memory if ours else 0
        well = well and (not expected or health in {"well", "running"})
        port = here.ports.get(_PORTS.get(name, name), "")
        print(
            f"{name:<26}{entry['statename'].lower():<10}{_since(entry):>8}{port:>7}"
            f"{memory // MIB:>6} MB  {health}"
        )
    print(f"\nmemory without PostgreSQL and RabbitMQ: {total // MIB} MB; logs: {here.run / 'logs'}")
    return well


def memory_of(pid: int) -> int:
    """Return the proportional memory of a process and its children, in bytes."""
    own = 0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines():
            if line.startswith("Pss:"):
                own = int(line.split()[1]) * 1024
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except OSError:
        return own
    return own + sum(memory_of(int(child)) for child in children)


def _health(here: Machine, name: str) -> str:
    if name in _answering():
        return "well" if bringup.healthy(here, name) else "does not answer"
    file = here.run / "alive" / name
    if not file.exists():
        return "running"
    age = alive.age_s(str(file), time.time())
    return "well" if age <= alive.FRESH_S else f"no work for {age:.0f} s"


def _answering() -> set[str]:
    return {process.name for process in processes.load() if process.answers_http}


def _since(entry: dict[str, int]) -> str:
    if not entry["pid"]:
        return ""
    seconds = entry["now"] - entry["start"]
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
