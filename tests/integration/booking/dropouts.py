"""The timer's turns, and a pen that drops out."""

from services.booking.usecases import disruptions
from shared import clock, db


def look(now=None):
    """Let the timer look until nothing is left to look at."""
    now = now or clock.now()
    turns = 0
    while turns < 1000:
        with db.transaction(db.EVERY_CLINIC) as tx:
            disruptions.watch_sleepers(tx, now)
        with db.transaction(db.EVERY_CLINIC) as tx:
            if not disruptions.look(tx, now):
                return turns
        turns += 1
    raise AssertionError("The timer never came to an end.")


def rows(appointment):
    with db.transaction(db.EVERY_CLINIC) as tx:
        return tx.all(
            "SELECT kind, detail, resolved_at FROM booking.disruptions "
            "WHERE appointment_id = %(id)s ORDER BY position",
            {"id": appointment["id"]},
        )


def pen_of(franchise, appointment):
    numbers = {str(franchise.pen_1): "Pen 1", str(franchise.pen_2): "Pen 2"}
    return appointment["device_id"], numbers[appointment["device_id"]]


def break_pen(franchise, appointment):
    """Let the appointment's pen become unfit, and the timer look; return the pen's id."""
    pen, name = pen_of(franchise, appointment)
    franchise.pen(pen, name=name, fit=False)
    look()
    return pen
