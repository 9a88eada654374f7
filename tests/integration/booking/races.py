"""Many at once, and whether anything is used twice."""

import threading
from concurrent.futures import ThreadPoolExecutor

from shared import db


def together(acts, refused):
    """Do everything at once; return what came of each, these refusals by their class's name."""
    gate = threading.Barrier(len(acts))

    def one(act):
        gate.wait()
        try:
            return act()
        except refused as told:
            return type(told).__name__

    with ThreadPoolExecutor(len(acts)) as callers:
        return list(callers.map(one, acts))


def overlaps():
    with db.transaction(db.EVERY_CLINIC) as tx:
        return tx.one(
            "SELECT count(*) AS n FROM booking.allocations AS a "
            "JOIN booking.allocations AS b ON a.resource_id = b.resource_id "
            "AND a.appointment_id < b.appointment_id AND a.during && b.during "
            "WHERE a.active AND b.active",
            {},
        )["n"]
