"""Command: make this machine's secrets for docker-compose.yml, once, as files in .run/compose/.

`python3 -m deploy.compose.secrets` needs nothing but Python.  NEEDLEPOINT_COMPOSE_HOME names
another folder, which makes it another platform.  The folder is for its owner alone; the files in it
can be read by the containers' account, into which Docker binds them one by one.
"""

import base64
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.rabbitmq.conf import Conf, devices, tls_in

_RUN = Path(__file__).resolve().parent.parent.parent / ".run"
HOME = Path(os.environ.get("NEEDLEPOINT_COMPOSE_HOME", _RUN / "compose"))
SERVICES = (
    "identity",
    "booking",
    "client_records",
    "device_telemetry",
    "notification",
    "headquarters",
    "web",
)
ADMINISTRATOR = "needlepoint_admin"
MANAGER = "device_telemetry_manager"  # may cut the connection of a device whose secret was revoked
MIGRATOR = "needlepoint_migrator"
_BROKER = """\
default_user = {administrator}
default_pass = {password}
disk_free_limit.absolute = 1GB
{devices}"""
_TLS_AT = "/etc/rabbitmq/tls"  # where docker-compose.yml puts the folder tls/
_EVERYWHERE = "0.0.0.0"  # noqa: S104 # inside the container; docker-compose.yml publishes


def main() -> None:
    """Make what is missing."""
    make(HOME)
    sys.stdout.write(f"Secrets are in {HOME}\n")


def make(home: Path, release: int = 4) -> None:
    """Make every file that docker-compose.yml names; secrets that are there stay.

    `release` is the first number of the version of RabbitMQ in its image.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    (home / "secrets").mkdir(mode=0o755, exist_ok=True)
    for folder in ("mail", "demo"):
        _open_to_containers(home / folder)
    _keep(home, "postgres_password", _password)
    broker = _keep(home, "rabbitmq_password", _password)
    for service in SERVICES:
        _keep(home, f"{service}_database_url", lambda: _database_url(f"{service}_app"))  # noqa: B023 # called at once
        _keep(home, f"{service}_amqp_url", lambda: _amqp_url(service))  # noqa: B023 # called at once
        _keep(home, f"{service}_data_key", _key)
    _keep(home, "links_key", _password)
    _keep(home, "migration_database_url", lambda: _database_url(MIGRATOR))
    _keep(
        home,
        "broker_management_url",
        lambda: f"http://{MANAGER}:{_password()}@rabbitmq:15672",
    )
    _keep(home, "payments_secret", _password)
    _write(home / "rabbitmq.conf", _broker_conf(home, broker, release))


def _broker_conf(home: Path, password: str, release: int) -> str:
    """Return what is added to the image's own configuration.

    With cert.pem, key.pem and ca.pem in tls/ devices come in by TLS, too; the container's account
    must be able to read them, in a folder that only its owner may enter.
    """
    tls = home / "tls"
    tls.mkdir(mode=0o755, exist_ok=True)
    for file in tls.glob("*.pem"):
        file.chmod(0o644)
    common = Conf(
        device_api="http://device-telemetry-api:8000",
        release=release,
        host=_EVERYWHERE,
        mqtt=1883,
        tls=tls_in(tls, host=_EVERYWHERE, port=8883, seen_as=_TLS_AT),
    )
    return _BROKER.format(administrator=ADMINISTRATOR, password=password, devices=devices(common))


def _keep(home: Path, name: str, new: Callable[[], str]) -> str:
    """Return a secret, made now if it was not there."""
    file = home / "secrets" / name
    if not file.exists():
        _write(file, new())
    return file.read_text(encoding="utf-8")


def _write(file: Path, text: str) -> None:
    draft = file.with_name(f"{file.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o644)  # inside a folder that only its owner may enter
    draft.replace(file)


def _open_to_containers(folder: Path) -> None:
    """Let the containers' account write here; the folder around it keeps others out."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)


def _database_url(role: str) -> str:
    return f"postgresql://{role}:{_password()}@postgres:5432/needlepoint"


def _amqp_url(user: str) -> str:
    return f"amqp://{user}:{_password()}@rabbitmq:5672/%2F"


def _password() -> str:
    return secrets.token_hex(24)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


if __name__ == "__main__":
    main()
