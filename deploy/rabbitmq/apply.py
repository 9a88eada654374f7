"""Give a broker its queues, bindings, policies and users.  Repeating it does no harm.

Process: `python -m deploy.rabbitmq.apply` for Kubernetes, where a CronJob runs it: a broker that
lost its data gets everything again, and lets no device in before.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

from deploy.native import broker, environment
from deploy.native.rabbitmq import Management

ADMINISTRATOR = Path("/run/broker-administrator")  # username and password, as the operator makes it
SECRETS = Path("/run/needlepoint")  # the services' own addresses of the broker


def apply(host: str, user: str, password: str, password_of: Callable[[str], str]) -> None:
    """Declare everything at the broker on `host`, as its administrator; wait until it answers.

    `password_of` says which password a service's own user has.
    """
    api = Management(f"http://{host}:15672", user, password)
    api.wait()
    broker.set_up(api, password_of)
    administrator = f"amqp://{quote(user)}:{quote(password)}@{host}:5672/%2F"
    subprocess.run(
        [sys.executable, "-m", "shared.amqp.topology"],
        env={**os.environ, "AMQP_URL": administrator},
        check=True,
    )


def main() -> None:
    """Declare everything at the broker that BROKER_HOST names."""
    user, password = (_said(ADMINISTRATOR / name) for name in ("username", "password"))
    apply(os.environ.get("BROKER_HOST", "rabbitmq"), user, password, _password_of)


def _password_of(user: str) -> str:
    """Return the password in the address that the user's processes are given."""
    name = "broker_management_url" if user == environment.MANAGER else f"{user}_amqp_url"
    password = urlsplit(_said(SECRETS / name)).password
    if not password:
        raise RuntimeError(f"The secret {name} holds no password.")
    return password


def _said(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip()


if __name__ == "__main__":
    main()
