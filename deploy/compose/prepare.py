"""Process that ends: give database and broker what the platform's processes expect.

Runs inside the compose network at every start.  Repeating it does no harm.
"""

import sys
from pathlib import Path
from urllib.parse import urlsplit

from deploy.compose.secrets import ADMINISTRATOR, MANAGER, MIGRATOR, SERVICES
from deploy.native import postgres
from deploy.rabbitmq.apply import apply
from shared.migrate import migrate

SECRETS = Path("/run/needlepoint")
BROKER = "rabbitmq"


def main() -> None:
    """Prepare the database, then the broker."""
    admin = f"postgresql://postgres:{secret('postgres_password')}@postgres:5432/needlepoint"
    postgres.wait(admin)
    postgres.apply_roles(admin, _database_passwords())
    for service in SERVICES:
        applied = migrate(secret("migration_database_url"), service)
        sys.stdout.write(f"{service}: {', '.join(applied) or 'up to date'}\n")
    apply(BROKER, ADMINISTRATOR, secret("rabbitmq_password"), _broker_password)


def secret(name: str) -> str:
    """Return a secret that deploy.compose.secrets made."""
    return (SECRETS / name).read_text(encoding="utf-8")


def _database_passwords() -> dict[str, str]:
    """Return role and password, as the services' own addresses say."""
    roles = {f"{service}_app": f"{service}_database_url" for service in SERVICES}
    roles[MIGRATOR] = "migration_database_url"
    return {role: _password_in(name) for role, name in roles.items()}


def _broker_password(user: str) -> str:
    return _password_in("broker_management_url" if user == MANAGER else f"{user}_amqp_url")


def _password_in(name: str) -> str:
    password = urlsplit(secret(name)).password
    if not password:
        raise RuntimeError(f"The secret {name} holds no password.")
    return password


if __name__ == "__main__":
    main()
