"""Waiting until headquarters has heard what was said: who counts there counts all of it."""

from shared.amqp import wire
from tests.patience import until

SAYING = ("booking", "device_telemetry")  # whose relays run in the house
WAITS = "SELECT id FROM outbox LIMIT 1"
LAST = "SELECT last FROM subject_sequences WHERE subject = %(subject)s::uuid"
HEARD = """SELECT sequence FROM applied
    WHERE source = %(source)s AND subject = %(subject)s::uuid AND sequence >= %(last)s"""


def heard_all(franchise):
    """Return when headquarters knows everything that earlier tests did.

    It has one queue, and takes it in order: when a word said after all others is there, they are.
    """
    for each in SAYING:
        until(lambda each=each: not asked(franchise, each, WAITS), what=f"the relay of {each}")
    franchise.change_device("Pen 1", "Soho")
    word = {"subject": franchise.devices["Pen 1"], "source": wire.source("device_telemetry.any")}
    word |= asked(franchise, "device_telemetry", LAST, word)
    until(lambda: asked(franchise, "headquarters", HEARD, word), what="headquarters to hear it")


def asked(franchise, service, sql, values=None):
    with franchise.within(service) as tx:
        return tx.one(sql, values or {})
