"""Command: publish a new signing key.

`python -m services.identity.rotate_keys` lets it sign from tomorrow, and ends the old one after
that.  With `--at-once`, for a stolen key, it signs now and every token of the old one is refused as
soon as the services look again: within ten minutes.
"""

import argparse
import sys

from services.identity.usecases import signing_keys
from shared import clock, db, ids, settings


def main() -> None:
    """Rotate and print the new key's id."""
    parser = argparse.ArgumentParser(description="Publish a new signing key.")
    parser.add_argument("--at-once", action="store_true", help="for a stolen key")
    given = parser.parse_args()
    db.open_pool(settings.secret("DATABASE_URL"), connections=1)
    try:
        with db.transaction() as tx:
            kid = ids.new().hex
            signing_keys.rotate(tx, kid, clock.now(), at_once=given.at_once)
    finally:
        db.close_pool()
    sys.stdout.write(f"{kid}\n")


if __name__ == "__main__":
    main()
