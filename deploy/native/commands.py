"""The platform's commands, as the unprivileged account: up, demo, stop, status, logs, reset, as."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from deploy.native import (
    bringup,
    environment,
    machine,
    ports,
    postgres,
    processes,
    progress,
    status,
)
from deploy.native.machine import Machine
from deploy.native.processes import ROOT
from deploy.native.progress import step
from deploy.native.rabbitmq import RabbitMissing, RabbitSilent
from deploy.native.supervisor import Supervisor

# Ports and secrets go last: without them the rest could not be opened any more.
_DATA = (
    *(
        "postgres",
        "rabbitmq",
        "mail",
        "demo.json",
        "demo-made.json",
        "pens.json",
        "gateway",
        "alive",
        "pycache",
        "logs",
    ),
    *("code.sha256", "supervisord.conf", "supervisord.pid", "supervisor.sock"),
    *("secrets", "ports.json"),
)


def main() -> None:
    """Run the command named on the command line on the state folder NEEDLEPOINT_RUN_DIR."""
    folder = Path(os.environ.get("NEEDLEPOINT_RUN_DIR", ROOT / ".run")).resolve()
    os.umask(0o077)
    command = COMMANDS[sys.argv[1]]
    try:
        command(folder)
    except (
        progress.Failed,
        ports.NobodyAnswers,
        postgres.PostgresMissing,
        postgres.PostgresSilent,
        RabbitMissing,
        RabbitSilent,
        subprocess.CalledProcessError,
    ) as failure:
        progress.end(failure)
    except BrokenPipeError:  # `make status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        sys.exit(130)


def up(folder: Path) -> None:
    """Start the platform."""
    print("Needlepoint starts.")
    _addresses(bringup.up(folder))


def demo(folder: Path) -> None:
    """Start the platform, open the demo franchise, let its pens work."""
    print("Needlepoint starts, with its demo franchise.")
    here = bringup.up(folder)
    told = os.environ | environment.demo(here) | {"PYTHONPATH": str(ROOT)}
    with step("Opening the demo franchise"):
        command = [sys.executable, "-m", bringup.LOADER]
        progress.run(command, folder / "logs" / "demo.log", what="The demo", env=told)
    Supervisor(folder).begin(list(bringup.DEMO))
    Supervisor(folder).await_running(list(bringup.DEMO))
    _addresses(here)
    _accounts(folder / "demo.json")


def stop(folder: Path) -> None:
    """Stop everything."""
    supervisor = Supervisor(folder)
    if supervisor.pid is None and not supervisor.left_behind():
        print("Nothing runs.")
        return
    with step("Stopping"):
        supervisor.stop()


def show_status(folder: Path) -> None:
    """Print what runs."""
    here = machine.load(folder)
    supervisor = Supervisor(folder)
    if here is None or supervisor.pid is None:
        print("Nothing runs. `make demo` or `make up` starts the platform.")
        sys.exit(3)
    sys.exit(0 if status.table(here, supervisor) else 1)


def logs(folder: Path) -> None:
    """Follow every process's log until Ctrl-C."""
    files = sorted(str(file) for file in (folder / "logs").glob("*.log"))
    os.execvp("tail", ["tail", "-n", "5", "-F", *files])  # noqa: S606  # no shell, our own files


def reset(folder: Path) -> None:
    """Forget all local data, after asking."""
    if os.environ.get("YES") != "1":
        print(f"This forgets every client, appointment and reading in {folder}.")
        if input("Type yes to go on: ").strip().lower() != "yes":
            print("Nothing was touched.")
            return
    stop(folder)
    for name in _DATA:
        entry = folder / name
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
    print("All local data is gone.")


def run_as(folder: Path) -> None:
    """Run a command with a service's settings: `as booking python -m shared.amqp.parked list`."""
    here = machine.load(folder)
    service, *command = sys.argv[2:]
    own = [process for process in processes.load() if process.service == service]
    if here is None or not own or not command:
        raise progress.Failed("as SERVICE COMMAND...: a service with underscores, then a command.")
    told = os.environ | environment.of(own[0], here) | {"PYTHONPATH": str(ROOT)}
    os.execvpe(command[0], command, told)  # noqa: S606  # the person's own command


def _addresses(here: Machine) -> None:
    mqtt = f"mqtt://{ports.LOOPBACK}:{here.ports['mqtt']}"
    print(f"""
  Open        {here.gateway_url}/
  API         {here.gateway_url}/api/docs
  Pens (MQTT) {mqtt}
  Mail        {here.run / "mail"} (a Maildir)
  `make status` says what runs, `make stop` ends it.
""")


def _accounts(file: Path) -> None:
    if not file.exists():
        return
    told = json.loads(file.read_text(encoding="utf-8"))
    print("  Sign in as")
    for account in told["accounts"]:
        print(f"    {account['role']:<16} {account['email']:<40} {account['password']}")
    print(f"\n  The same for programs: {file} ({time.strftime('%H:%M')})")


COMMANDS = {
    "up": up,
    "demo": demo,
    "stop": stop,
    "status": show_status,
    "logs": logs,
    "reset": reset,
    "as": run_as,
}

if __name__ == "__main__":
    main()
