"""Command: add the first administrator, when nobody can sign in yet.

`python -m services.identity.create_staff --email ... --name ... --role hq_admin [--clinic ID ...]`
reads the password from standard input, one line, and prints the new id.  Somebody who is there
already stays as they are, and their id is printed.
"""

import argparse
import sys
from uuid import UUID

from services.identity.domain.passwords import require_strong
from services.identity.store import staff as store
from services.identity.usecases import passwords, staff
from shared import clock, db, ids, settings
from shared.errors import DomainError
from shared.permissions import ROLES


def main() -> None:
    """Read the command line, add, print."""
    parser = argparse.ArgumentParser(description="Add a member of staff without HTTP.")
    parser.add_argument("--email", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--role", required=True, action="append", choices=sorted(ROLES))
    parser.add_argument("--clinic", action="append", type=UUID, default=[])
    given = parser.parse_args()
    db.open_pool(settings.secret("DATABASE_URL"), connections=1)
    try:
        sys.stdout.write(f"{_add(given, sys.stdin.readline().rstrip(chr(10)))}\n")
    except DomainError as refused:
        raise SystemExit(str(refused)) from refused
    finally:
        db.close_pool()


def _add(given: argparse.Namespace, password: str) -> UUID:
    with db.transaction(db.EVERY_CLINIC) as tx:
        if there := store.by_email(tx, given.email):
            found: UUID = there["id"]
            return found
        require_strong(password, given.name, given.email)
        person = {
            "id": ids.new(),
            "email": given.email,
            "name": given.name,
            "roles": frozenset(given.role),
            "clinic_ids": frozenset(given.clinic),
            "password_hash": passwords.hashed(password),
        }
        return staff.add(tx, person, clock.now()).id


if __name__ == "__main__":
    main()
