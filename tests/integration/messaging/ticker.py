"""A timer for tests: one job ticks, one fails, one has five pieces of work."""

import os

from shared import timer

NOTE = "INSERT INTO noted (number, process) VALUES (%s, %s)"


def tick(tx, _now):
    """Note that time passes."""
    tx.execute(NOTE, (1, os.getpid()))


def fail(tx, _now):
    """Write something, and fail."""
    tx.execute(NOTE, (2, os.getpid()))
    raise RuntimeError


def work(tx, _now):
    """Do one piece of work of five; say whether there is more."""
    done = tx.one("SELECT count(*) FROM noted WHERE number = 3")["count"]
    if done < 5:
        tx.execute(NOTE, (3, os.getpid()))
    return done < 4


if __name__ == "__main__":
    timer.run("web", {"fail": fail, "tick": tick, "work": work}, every_s=0.2)
