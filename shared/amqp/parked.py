"""Command: `python -m shared.amqp.parked list | show ID | replay ID | replay --all | discard ID`.

Works on the schema of the service whose DATABASE_URL is set.  `list` shows no data; `show` does,
and data may be personal: what you see stays with you.  Replays go to this service's worker only.
"""

import argparse
import getpass
import json
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID

from shared import clock, db, settings
from shared.amqp import parking
from shared.db import Transaction

EVERYTHING = 1_000_000


def main(arguments: list[str] | None = None) -> None:
    """Do what the command line says.  Exits with a sentence when there is no such event."""
    asked = _parser().parse_args(arguments)
    db.open_pool(settings.secret("DATABASE_URL"), connections=1)
    try:
        with db.transaction(db.EVERY_CLINIC) as tx:
            asked.do(tx, asked)
    finally:
        db.close_pool()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shared.amqp.parked", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, do: Callable[[Transaction, Any], None]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=(do.__doc__ or "").partition("\n")[0])
        added.set_defaults(do=do)
        return added

    command("list", _list)
    command("show", _show).add_argument("id", type=UUID)
    replay = command("replay", _replay)
    which = replay.add_mutually_exclusive_group(required=True)
    which.add_argument("id", type=UUID, nargs="?")
    which.add_argument("--all", action="store_true", help="every parked event, oldest first")
    discard = command("discard", _discard)
    discard.add_argument("id", type=UUID)
    discard.add_argument("--why", required=True, help="kept for the audit; name no client")
    for added in (replay, discard):
        added.add_argument("--by", default=getpass.getuser(), help="who decides (default: you)")
    return parser


def _list(tx: Transaction, _asked: argparse.Namespace) -> None:
    """Show what waits, without its data."""
    for row in parking.listed(tx):
        trace_id = (row["traceparent"] or "-").split("-")[1]
        sys.stdout.write(
            f"{row['id']}  {row['parked_at']:%Y-%m-%d %H:%M:%S}Z  {row['type'] or 'unreadable'}\n"
            f"    {row['reason']} after {row['tries']} tries: {row['error']}\n"
            f"    event {row['event_id'] or '-'}  clinic {row['clinic_id'] or '-'}"
            f"  trace {trace_id or '-'}\n"
        )
    sys.stdout.write(f"{parking.waiting(tx)} parked\n")


def _show(tx: Transaction, asked: argparse.Namespace) -> None:
    """Show one event with its data, which may be personal."""
    row = _found(tx, asked.id)
    body = bytes(row.pop("body")).decode("utf-8", errors="backslashreplace")
    try:
        row["message"] = json.loads(body)
    except (ValueError, RecursionError):
        row["message"] = body
    sys.stdout.write(json.dumps(row, indent=2, default=str) + "\n")


def _replay(tx: Transaction, asked: argparse.Namespace) -> None:
    """Hand events to the worker once more; it tries within a second or two."""
    rows = parking.listed(tx, EVERYTHING) if asked.all else [_found(tx, asked.id)]
    for row in rows:
        parking.replay(tx, row, asked.by, clock.now())
    sys.stdout.write(f"{len(rows)} replayed\n")


def _discard(tx: Transaction, asked: argparse.Namespace) -> None:
    """Give one event up, with the reason."""
    row = _found(tx, asked.id)
    parking.discard(tx, row, by=asked.by, why=asked.why, now=clock.now())
    sys.stdout.write("1 discarded\n")


def _found(tx: Transaction, parked_id: UUID) -> dict[str, Any]:
    row = parking.find(tx, parked_id)
    if row is None:
        sys.exit(f"No event {parked_id} is parked here.")
    return row


if __name__ == "__main__":
    main()
