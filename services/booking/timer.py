"""Process: booking's timer."""

import time
from datetime import datetime

import psycopg2

from services.booking.usecases import disruptions, freed, holds, imports, offers, waiting
from shared import clock, db, logging, timer
from shared.db import Transaction
from shared.errors import DomainError

IMPORTS_S = 1.0  # then the other jobs have their turn
log = logging.logger(__name__)

WAITING_LIST = {
    "settle offers": offers.settle,
    "expire waiting": waiting.expire,
    "look for places": freed.look,
    "offer places": freed.offer_next,
}


def main() -> None:
    """Free the places whose hold ran out, and offer what is free to those who wait.

    Also find the appointments that cannot take place, and take in the files that clinics sent.
    """
    jobs = {
        "lapse holds": holds.lapse,
        **WAITING_LIST,
        "watch sleeping devices": disruptions.watch_sleepers,
        "look at appointments again": disruptions.look,
        "take in files": take_in_files,
        "forget files": imports.forget,
    }
    timer.run("booking", jobs, every_s=5)


def take_in_files(_tx: Transaction, _now: datetime) -> bool:
    """Try rows of imported files for a while; say whether there may be more.

    Each task has a transaction of its own, so that a row locks what it books for that long only.
    """
    ends = time.monotonic() + IMPORTS_S
    while time.monotonic() < ends:
        if not take_in_next():
            return False
    return True


def take_in_next() -> bool:
    """Try the next rows; say whether there were any."""
    task, now = None, clock.now()
    try:
        with db.transaction(db.EVERY_CLINIC) as tx:
            task = imports.claim(tx)
            if task is None:
                return False
            imports.work(tx, task, now)
    except (DomainError, psycopg2.OperationalError, psycopg2.InterfaceError):
        raise  # the database, or many others at once: the row is tried again
    except Exception:
        if task is None:
            raise
        log.exception("a row of a file broke", kind=task.found["kind"])
        with db.transaction(db.EVERY_CLINIC) as tx:
            imports.give_up(tx, task, now)
    return True


if __name__ == "__main__":
    main()
