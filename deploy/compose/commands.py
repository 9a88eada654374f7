"""`make up`, `demo`, `stop`, `status`, `logs` and `reset` with Docker.  Standard library only."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time

from deploy.compose import secrets
from deploy.native import caddy, ports
from deploy.native.home import SOURCE
from deploy.native.progress import Failed, step

RUNS = secrets.HOME / "runs.json"  # there while the platform is up: its ports
COMMANDS = {"up", "demo", "stop", "status", "logs", "reset"}
_PORTS = {"GATEWAY_PORT": 8080, "MQTT_PORT": 18830, "MQTT_TLS_PORT": 18883}
_PATIENCE_S = 300
_BROKER = os.environ.get("RABBITMQ_IMAGE", "rabbitmq:4-management")
_DATABASE = os.environ.get("POSTGRES_IMAGE", "postgres:17-bookworm")
_IMAGES = ("python:3.13-slim-bookworm", _DATABASE, _BROKER, "caddy:2")


def is_chosen(command: str) -> bool:
    """Say whether a command means Docker: by STACK, else by what runs, else by what is there."""
    chosen = os.environ.get("STACK", "")
    if chosen not in {"", "native", "compose"}:
        raise Failed(f"STACK is native or compose, not {chosen}.")
    if chosen or command not in COMMANDS:
        return chosen == "compose" and command in COMMANDS
    if RUNS.exists() or command not in {"up", "demo"}:
        return RUNS.exists()
    return not _runs_natively() and _compose() is not None and _engine_answers() and _has_images()


def _runs_natively() -> bool:
    """Say whether this clone's platform is up without Docker: then it stays so."""
    return (SOURCE / ".run" / "supervisord.pid").exists()


def _has_images() -> bool:
    """Say whether the images we stand on are here, or can be fetched."""
    missing = [
        image for image in _IMAGES if _docker("image", "inspect", image) and _docker("pull", image)
    ]
    if missing:
        print(f"Docker answers, but has no {missing[0]} and cannot fetch it: running natively.")
    return not missing


def _docker(*arguments: str) -> int:
    return subprocess.run(["docker", *arguments], check=False, capture_output=True).returncode


def run(command: str) -> None:
    """Carry out a command.  Raises Failed."""
    if _compose() is None or not _engine_answers():
        raise Failed("No Docker engine answers. STACK=native runs the platform without one.")
    {
        "up": up,
        "demo": demo,
        "stop": stop,
        "status": lambda: _show("ps"),
        "logs": lambda: _show("logs", "--follow", "--tail", "5"),
        "reset": reset,
    }[command]()


def up() -> None:
    """Build the image, start everything, wait until it is well."""
    print("Needlepoint starts, with Docker.")
    secrets.make(secrets.HOME, _broker_release())
    chosen = _settle_ports()
    with step("Building the image (some minutes the first time)"):
        _call("build", "prepare")
    with step("Starting the processes"):
        _call("up", "--detach", "--no-build", "--remove-orphans")
    with step("Waiting until every process is well"):
        _await_health()
    print(f"\n  Open        {_gateway(chosen)}/\n  API         {_gateway(chosen)}/api/docs")
    print(f"  Pens (MQTT) mqtt://{ports.LOOPBACK}:{chosen['MQTT_PORT']}")
    print(f"  Mail        {secrets.HOME / 'mail'} (a Maildir)\n")


def demo() -> None:
    """Start the platform, open the demo franchise, let its pens and staff work."""
    up()
    with step("Opening the demo franchise"):
        _call("--profile", "load", "run", "--rm", "-T", "load")
        told = _call("--profile", "load", "run", "--rm", "-T", "load", "cat", "/demo/demo.json")
    facts = json.loads(told)
    file = secrets.HOME.parent / "demo.json"
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        json.dump(facts, opened, indent=1)
    _call("--profile", "demo", "up", "--detach", "--no-build", "pens", "day")
    print("  Sign in as")
    for account in facts["accounts"]:
        print(f"    {account['role']:<16} {account['email']:<40} {account['password']}")
    print(f"\n  The same for programs: {file}")


def stop() -> None:
    """Stop and remove the containers; the data stays in its volumes."""
    with step("Stopping"):
        _down("--remove-orphans")
    RUNS.unlink(missing_ok=True)


def reset() -> None:
    """Forget all data, after asking."""
    if os.environ.get("YES") != "1":
        print("This forgets every client, appointment and reading of the Docker platform.")
        if input("Type yes to go on: ").strip().lower() != "yes":
            print("Nothing was touched.")
            return
    _down("--volumes", "--remove-orphans")
    shutil.rmtree(secrets.HOME, ignore_errors=True)
    print("All local data is gone.")


def _down(*what: str) -> None:
    """Stop and remove containers and network, again when one had not left the network yet."""
    try:
        _call("--profile", "demo", "down", *what)
    except Failed:
        _call("--profile", "demo", "down", *what)


def _compose() -> list[str] | None:
    """Return the compose command of this machine: the plug-in, or the program before it."""
    if shutil.which("docker"):
        asked = subprocess.run(["docker", "compose", "version"], check=False, capture_output=True)
        if asked.returncode == 0:
            return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


def _engine_answers() -> bool:
    try:
        asked = subprocess.run(["docker", "info"], check=False, capture_output=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _call(*arguments: str) -> str:
    """Call compose on our file and return what it printed.  Raises Failed with its last lines."""
    done = subprocess.run(
        [*(_compose() or []), "--project-name", _project(), *arguments],
        cwd=SOURCE,
        env=_environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise Failed(f"compose {' '.join(arguments)} failed:\n{tail}")
    return done.stdout


def _show(*arguments: str) -> None:
    command = [*(_compose() or []), "--project-name", _project(), "--profile", "demo", *arguments]
    sys.exit(subprocess.run(command, cwd=SOURCE, env=_environment(), check=False).returncode)


def _project() -> str:
    """Return a name of this platform's own, so that two clones do not meet."""
    return f"needlepoint-{hashlib.sha256(str(secrets.HOME).encode()).hexdigest()[:8]}"


def _environment() -> dict[str, str]:
    chosen = json.loads(RUNS.read_text(encoding="utf-8")) if RUNS.exists() else {}
    return os.environ | {name: str(value) for name, value in chosen.items()}


def _settle_ports() -> dict[str, str]:
    """Return the kept ports, or the next free ones, and what depends on the images' versions."""
    if RUNS.exists():
        kept: dict[str, str] = json.loads(RUNS.read_text(encoding="utf-8"))
        return kept
    chosen = {name: str(ports.next_free(wanted, set())) for name, wanted in _PORTS.items()}
    chosen |= {"NEEDLEPOINT_COMPOSE_HOME": str(secrets.HOME), "MAILBOX": str(secrets.HOME / "mail")}
    chosen |= {"PUBLIC_URL": _gateway(chosen), "GATEWAY_BUFFERING": _buffering()}
    chosen |= {"POSTGRES_IMAGE": _DATABASE, "RABBITMQ_IMAGE": _BROKER}
    RUNS.write_text(json.dumps(chosen), encoding="utf-8")
    return chosen


def _gateway(chosen: dict[str, str]) -> str:
    return f"http://{ports.LOOPBACK}:{chosen['GATEWAY_PORT']}"


def _buffering() -> str:
    """Return how the image's Caddy is told to take requests whole: it changed with 2.7."""
    return caddy.buffering(_said_by("caddy:2", "caddy", "version"))


def _broker_release() -> int:
    """Return the first number of the version of the image's RabbitMQ: settings hang on it."""
    return int(_said_by(_BROKER, "rabbitmqctl", "version").strip().partition(".")[0])


def _said_by(image: str, *command: str) -> str:
    asked = subprocess.run(
        ["docker", "run", "--rm", image, *command], check=True, capture_output=True, text=True
    )
    return asked.stdout


def _await_health() -> None:
    """Wait until every container with a health check is healthy.  Raises Failed."""
    deadline = time.monotonic() + _PATIENCE_S
    while unwell := _unwell():
        if time.monotonic() > deadline:
            raise Failed(f"Not well after {_PATIENCE_S} s: {', '.join(unwell)}. See `make logs`.")
        time.sleep(1)


def _unwell() -> list[str]:
    label = f"label=com.docker.compose.project={_project()}"
    shown = '{{.Names}}\t{{.Status}}\t{{.Label "com.docker.compose.service"}}'
    listed = subprocess.run(
        ["docker", "ps", "--all", "--filter", label, "--format", shown],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = []
    for line in listed.splitlines():
        _, status, service = line.split("\t")
        ended_well = status.startswith("Exited (0)")
        up_and_well = status.startswith("Up") and "starting" not in status
        if "unhealthy" in status or not (ended_well or up_and_well):
            found.append(service)
    return found
