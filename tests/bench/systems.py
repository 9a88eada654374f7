"""The systems that carry events in the benchmark: how each starts, gets work, and is killed."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pika

from shared.amqp import link, topology
from tests import lifetimes

BIN = Path(sys.executable).parent
# All rows of a backlog in one statement: who writes them is not what is measured.
BACKLOG = """
INSERT INTO booking.outbox (id, type, subject, sequence, time, data)
SELECT
    gen_random_uuid(), 'bench.needle_dropped.v1', lpad(to_hex(n %% 200), 32, '0')::uuid,
    1 + n / 200, now(),
    jsonb_build_object('number', n, 'zone', 8, 'depth_um', 500, 'note', 'as planned')
FROM generate_series(0, %s - 1) AS n
"""


class System:
    """Processes that carry events from an announcer to committed effects."""

    def __init__(self, name, grounds, queue, commands):
        self.name = name
        self._grounds = grounds
        self._queue = queue
        self._commands = commands
        self._running = []

    @contextmanager
    def up(self):
        """Start the processes, wait until they listen, and stop them at the end."""
        self._running = [self._start(command) for command in self._commands]
        try:
            self.wait_until_it_listens()
            yield self
        finally:
            for running in self._running:
                _end(running)

    @contextmanager
    def relay_only(self):
        """Start the relay alone; events pile up in the queue, which is emptied at the end."""
        with pika.BlockingConnection(
            link.parameters(self._grounds.amqp_url, "bench")
        ) as connection:
            channel = connection.channel()
            topology.declare(channel, "web", ["bench.needle_dropped.v1"])
            relay = self._start(self._commands[1])
            try:
                yield
            finally:
                _end(relay)
                channel.queue_purge(self._queue)

    def publish(self, count):
        """Fill the outbox and return how many seconds it took to empty it."""
        self._grounds.sql(BACKLOG, (count,))
        began = time.monotonic()
        while self._grounds.count("booking.outbox"):
            if time.monotonic() - began > 60 + count / 50:
                raise RuntimeError("The relay stands still.")
            time.sleep(0.02)
        return time.monotonic() - began

    def _start(self, command):
        module, role, more = command
        environment = {
            "DATABASE_URL": self._grounds.dsn(role),
            "AMQP_URL": self._grounds.amqp_url,
            "SERVICE": "booking",
        }
        with (lifetimes.folder() / f"{self.name}.log").open("ab") as log:
            return subprocess.Popen(
                module,
                env=os.environ | environment | more,
                stdout=log,
                stderr=log,
                start_new_session=True,  # its children are killed with it
            )

    def wait_until_it_listens(self):
        deadline = time.monotonic() + 60
        while not self.messages(consumers=True):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not listen.")
            time.sleep(0.1)
        time.sleep(1.0)

    def messages(self, *, consumers=False):
        """Return how many messages wait, or how many consumers there are."""
        try:
            parameters = link.parameters(self._grounds.amqp_url, "bench")
            with pika.BlockingConnection(parameters) as connection:
                asked = connection.channel().queue_declare(self._queue, passive=True).method
                return asked.consumer_count if consumers else asked.message_count
        except pika.exceptions.AMQPError:
            return 0

    def kill_one(self, which):
        """`kill -9` a process with its children, and start its successor."""
        which %= len(self._commands)
        os.killpg(self._running[which].pid, signal.SIGKILL)
        self._running[which].wait()
        self._running[which] = self._start(self._commands[which])

    def announcer(self, first, last, *, pace=0, facts=False):
        """Start a process that announces numbers and return it, ready to begin."""
        kind = self.name.partition(" ")[0]
        command = [sys.executable, "-m", "tests.bench.peers.announcer"]
        command += [{"needlepoint": "ours"}.get(kind, kind), str(first), str(last), str(pace)]
        running = subprocess.Popen(
            [*command, *(["facts"] if facts else [])],
            env=os.environ
            | {
                "DATABASE_URL": self._grounds.dsn("booking_app"),
                "AMQP_URL": self._grounds.amqp_url,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.stdout.readline()
        return running

    def carry(self, count):
        """Offer a backlog and return how many seconds it took until all effects were committed."""
        if self.name.startswith("needlepoint"):
            self._grounds.sql(BACKLOG, (count,))
            began = time.monotonic()
            announcers = []
        else:
            half = count // 2
            announcers = [self.announcer(0, half), self.announcer(half, count)]
            began = time.monotonic()
            for announcer in announcers:
                go(announcer)
        done = self._grounds.wait_for_effects(count, patience_s=60 + count / 50)
        took = time.monotonic() - began
        for announcer in announcers:
            announcer.wait()
            announcer.stdout.close()
        if not done:
            raise RuntimeError(f"{self.name} lost some of {count} events with nothing killed.")
        return took


def go(announcer):
    """Let a ready announcer begin."""
    announcer.stdin.write("go\n")
    announcer.stdin.close()


def _end(running):
    os.killpg(running.pid, signal.SIGTERM)
    try:
        running.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def known(grounds):
    """Return every system by name."""
    relay = ([sys.executable, "-m", "shared.amqp.relay"], "booking_app", {})
    worker = [sys.executable, "-m", "tests.bench.peers.ours_worker"]
    celery = [str(BIN / "celery"), "-A", "tests.bench.peers.celery_app", "worker", "-P", "threads"]
    celery += ["-c", "8", "-l", "ERROR", "--without-gossip", "--without-mingle"]
    dramatiq = [str(BIN / "dramatiq"), "tests.bench.peers.dramatiq_app", "-p", "2", "-t", "4"]
    ours = topology.queue("web")
    systems = [
        System("needlepoint", grounds, ours, [(worker, "web_app", {}), relay]),
        System(
            "needlepoint (a commit each)",
            grounds,
            ours,
            [(worker, "web_app", {"BENCH_BATCH": "1"}), relay],
        ),
        System("celery", grounds, "bench-celery", [(celery, "web_app", {})]),
        System("dramatiq", grounds, "bench-dramatiq", [(dramatiq, "web_app", {})]),
    ]
    return {system.name: system for system in systems}
