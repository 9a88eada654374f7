"""Events flow while relays, workers and the broker are killed: each takes effect once.

The processes are the real ones, each in two copies, so that one stands by.  The made-up listener
notes every event; the made-up announcer drops needles of forty pens.
"""

import os
import random
import sys
import threading
import time
from contextlib import contextmanager

import pika
import pytest

from shared import db, ids, outbox
from shared.amqp import link, topology
from tests import databases, messages, servers
from tests.admin import NOTED, Admin
from tests.messages import NEEDLE_DROPPED

EVENTS, PENS, BATCH = 20_000, 40, 50
PROCESS_KILLS, BROKER_KILLS = 12, 2  # a message may come back 20 times before it is dead-lettered
SEED = int(os.environ.get("KILL_SEED", "7"))
PATIENCE_S = 280
pytestmark = pytest.mark.timeout(420)


@contextmanager
def world(tmp_path):
    """A database and a broker of our own, and the processes between them."""
    name = databases.copy_for(f"kill_{SEED}")
    admin_dsn = servers.postgres().dsn(name)
    databases.execute(admin_dsn, NOTED)
    with servers.broker_to_kill() as broker:
        declare_for_good(broker.broker.amqp_url)
        house = House(name, broker, tmp_path / "log")
        admin = Admin(admin_dsn)
        try:
            yield house, admin
        finally:
            house.close()
            admin.close()
            databases.drop(name)


def declare_for_good(url):
    """Declare, and wait until RabbitMQ 3.10 has the queues' names on disk."""
    with pika.BlockingConnection(link.parameters(url, "test")) as connection:
        topology.declare(connection.channel(), "web", [NEEDLE_DROPPED])
    time.sleep(5)


class House:
    """Two relays and two workers, replaced as soon as they are killed."""

    def __init__(self, name, broker, log):
        self.broker = broker
        self._log = log
        url = broker.broker.amqp_url
        relay = {"SERVICE": "booking", "DATABASE_URL": databases.dsn(name, "booking")}
        worker = {"DATABASE_URL": databases.dsn(name, "web")}
        self._kinds = [
            ("shared.amqp.relay", relay | {"AMQP_URL": url}),
            ("tests.integration.messaging.listener", worker | {"AMQP_URL": url}),
        ]
        self.announcer_dsn = relay["DATABASE_URL"]
        self._running = [self._start(seat) for seat in range(4)]

    def kill_one(self, seat):
        """`kill -9`, and start its successor at once."""
        self._running[seat].kill()
        self._running[seat].wait()
        self._running[seat] = self._start(seat)

    def _start(self, seat):
        module, environment = self._kinds[seat % 2]
        return messages.start(module, log=self._log, **environment)

    def close(self):
        for running in self._running:
            running.kill()
            running.wait()


def announce(dsn):
    """Drop all needles, in transactions of fifty, as the announcing service."""
    messages.know_the_made_up_event()
    pens = [ids.new() for _ in range(PENS)]
    db.open_pool(dsn)
    for start in range(0, EVENTS, BATCH):
        with db.transaction() as tx:
            for number in range(start, start + BATCH):
                outbox.emit(
                    tx,
                    NEEDLE_DROPPED,
                    subject=pens[number % PENS],
                    data={"number": number},
                    clinic_id=None,
                )
        time.sleep(0.03)  # leave the others some of the machine
    db.close_pool()


def kill_at_random(house, tell):
    """Kill processes, and now and then the broker, in an order that the seed decides."""
    chance = random.Random(SEED)  # noqa: S311 # repeatable, not secret
    turns = ["process"] * PROCESS_KILLS + ["broker"] * BROKER_KILLS
    chance.shuffle(turns)
    for number, turn in enumerate(turns, start=1):
        time.sleep(chance.uniform(0.5, 2.0))
        if turn == "broker":
            house.broker.kill()
            time.sleep(chance.uniform(0, 1))
            house.broker.start()
        else:
            house.kill_one(chance.randrange(4))
        tell(f"{number} of {len(turns)} kills ({turn})")


def test_every_event_takes_effect_once_though_everything_between_is_killed(tmp_path):
    with world(tmp_path) as (house, admin):

        def tell(what):
            sys.__stderr__.write(f"kill test: {what}, {admin.count('web.noted')} noted\n")

        threads = [
            threading.Thread(target=announce, args=(house.announcer_dsn,)),
            threading.Thread(target=kill_at_random, args=(house, tell)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until_all_is_quiet(admin, tell)

        assert admin.count("booking.outbox") == 0
        assert admin.count("web.noted") == EVENTS
        assert admin.column("SELECT count(DISTINCT number) FROM web.noted") == [EVENTS]
        assert admin.count("web.retries") == 0
        assert admin.count("web.parked") == 0
        assert admin.column(OUT_OF_ORDER) == [0]
        assert admin.column("SELECT count(DISTINCT process) FROM web.noted")[0] > 1


OUT_OF_ORDER = """
SELECT count(*) FROM (
    SELECT number < lag(number) OVER (PARTITION BY subject ORDER BY position) AS wrong
    FROM web.noted
) AS each WHERE wrong
"""


def wait_until_all_is_quiet(admin, tell):
    """Wait until every event was noted, and none is left to publish, as long as it goes on.

    The relay takes a row out a moment after its event was heard.
    """
    deadline = time.monotonic() + PATIENCE_S

    def quiet():
        return admin.count("web.noted") >= EVENTS and not admin.count("booking.outbox")

    while not quiet() and time.monotonic() < deadline:
        tell(f"{admin.count('booking.outbox')} to publish")
        time.sleep(2)
    tell("done")
