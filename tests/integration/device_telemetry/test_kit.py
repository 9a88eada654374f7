"""The device kit keeps its promises: frozen batches, nothing dropped, commands obeyed once."""

import json
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import UUID

import pytest

from deploy.devicekit import loop
from deploy.devicekit.pen import UNANSWERED_S, Identity, Pen, Unsafe
from deploy.devicekit.store import KEPT_FOR_EVENTS, Disk, Full, Memory
from shared.schemas import batches
from tests.authority import Authority
from tests.integration.device_telemetry.readings import a_batch
from tests.integration.device_telemetry.small_broker import SmallBroker

AT = datetime(2030, 1, 7, 10, tzinfo=UTC)
STOP = {"v": 1, "id": "01930000-0000-7000-8000-0000000c0001", "command": "stop"}
FACTS = {
    "host": "127.0.0.1",
    "device_id": UUID("01930000-0000-7000-8000-00000000d001"),
    "clinic_id": UUID("01930000-0000-7000-8000-0000000050a0"),
    "secret": "none",
}
COMMANDS = f"pens/{FACTS['clinic_id']}/{FACTS['device_id']}/commands"


@pytest.fixture
def broker():
    mine = SmallBroker()
    yield mine
    mine.close()


@pytest.fixture
def a_pen():
    """a_pen(port): a pen that is switched off when the test is over."""
    made = []

    def make(port, facts=FACTS, **options):
        chance = random.Random(7)  # noqa: S311 # jitter
        made.append(Pen(Identity(port=port, **facts), rng=chance, **options))
        return made[-1]

    yield make
    for pen in made:
        pen.switch(on=False, politely=False)


def until(pens, fact):
    assert loop.run_until(pens, fact, seconds=60)


def samples(n=3):
    return a_batch(AT, n=n).columns


def test_a_pen_numbers_its_samples_itself_and_begins_anew_with_each_start(a_pen, tmp_path):
    names = []
    for _ in range(2):
        pen = a_pen(9, store=Disk(tmp_path))
        for _ in range(2):
            made = pen.measure(samples(), t0=AT, uptime_ms=0)
            names.append((made.boot_id, made.seq))
        assert pen.say("fault", AT, code="E1")
    assert names == [(1, 0), (1, 3), (2, 0), (2, 3)]
    events = [json.loads(body) for _, what, body in Disk(tmp_path).waiting() if what == "events"]
    assert [(each["boot_id"], each["seq"]) for each in events] == [(1, 1), (2, 1)]


def test_a_batch_numbered_elsewhere_carries_the_numbers_on(a_pen):
    pen = a_pen(9, boot_id=17)
    pen.record(a_batch(AT, seq=40, n=10))
    assert pen.measure(samples(), t0=AT, uptime_ms=0).seq == 50


def test_a_full_store_keeps_what_it_has_says_so_once_and_leaves_a_gap(a_pen):
    pen = a_pen(9, store=Memory(most_bytes=KEPT_FOR_EVENTS + 250))
    kept = [pen.record(a_batch(AT, seq=10 * number)) for number in range(4)]
    assert kept == [True, False, False, False]
    assert pen.lost_samples == 30
    [(_, _, fault), (oldest, _, first)] = pen.store.waiting()
    assert json.loads(fault)["code"] == "storage_full"
    assert batches.read(first).seq == 0
    pen.store.drop(oldest)
    assert pen.record(a_batch(AT, seq=40))
    [_, (_, _, next_one)] = pen.store.waiting()
    assert batches.read(next_one).seq == 40


def test_the_size_of_what_waits_on_disk_is_known_after_a_start(tmp_path):
    most = KEPT_FOR_EVENTS + 250
    Disk(tmp_path, most).put("readings", b"x" * 200)
    again = Disk(tmp_path, most)
    with pytest.raises(Full):
        again.put("readings", b"x" * 51)
    again.put("events", b"x" * 1000)


def test_what_is_not_acknowledged_is_sent_again_byte_for_byte(a_pen, broker):
    broker.acknowledge = False
    pen = a_pen(broker.port)
    pen.measure(samples(), t0=AT, uptime_ms=0)
    until([pen], lambda: len(broker.bodies("readings")) == 1)
    broker.cut()
    broker.acknowledge = True
    until([pen], lambda: not len(pen.store))
    first, second = broker.bodies("readings")
    assert first == second


def test_a_broker_that_acknowledges_nothing_any_more_is_left_and_asked_again(a_pen, broker):
    broker.acknowledge = False
    pen = a_pen(broker.port)
    pen.measure(samples(), t0=AT, uptime_ms=0)
    until([pen], lambda: len(broker.bodies("readings")) == 1)
    pen.turn(time.monotonic() + UNANSWERED_S + 1)
    assert not pen.connected


def test_a_command_is_obeyed_once_and_answered_each_time_over_a_restart(a_pen, broker, tmp_path):
    obeyed = []
    for _ in range(2):
        pen = a_pen(broker.port, store=Disk(tmp_path), on_command=obeyed.append)
        until([pen], lambda mine=pen: mine.connected)
        for _ in range(2):
            before = len(broker.bodies("events"))
            broker.command(COMMANDS, json.dumps(STOP).encode())
            until([pen], lambda n=before: len(broker.bodies("events")) > n)
        pen.switch(on=False)
    assert obeyed == [STOP]
    answers = [json.loads(body) for body in broker.bodies("events")]
    assert {each["command_id"] for each in answers} == {STOP["id"]}
    assert len({(each["boot_id"], each["seq"]) for each in answers}) == 4


def test_words_that_are_no_command_are_passed_over(a_pen, broker):
    obeyed = []
    pen = a_pen(broker.port, on_command=obeyed.append)
    until([pen], lambda: pen.connected)
    for body in (b"", b"\xff", b"[]", b"{}", b'{"id": 7}', json.dumps(STOP).encode()):
        broker.command(COMMANDS, body)
    until([pen], lambda: obeyed)
    assert obeyed == [STOP]


def test_a_pen_that_goes_politely_says_so(a_pen, broker):
    pen = a_pen(broker.port)
    until([pen], lambda: pen.connected)
    pen.switch(on=False)
    assert pen.socket() is None
    until([], lambda: len(broker.bodies("status")) == 2)
    first, last = (json.loads(body) for body in broker.bodies("status"))
    assert (first["online"], last["online"]) == (True, False)
    assert first["connection"] == last["connection"]


def test_a_platform_that_does_not_answer_keeps_no_other_pen_waiting(a_pen, broker):
    with socket.create_server(("127.0.0.1", 0), backlog=100) as deaf:
        waiting = [a_pen(deaf.getsockname()[1]) for _ in range(50)]
        pen = a_pen(broker.port)
        until([*waiting, pen], lambda: pen.connected)
        assert not any(each.connected for each in waiting)
        for each in waiting:
            each.turn(time.monotonic() + 31)
        assert [each.socket() for each in waiting] == [None] * 50


def test_the_pen_speaks_tls_and_believes_only_its_authority(a_pen, tmp_path):
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    mine = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    mine.load_cert_chain(ours.folder / "cert.pem", ours.folder / "key.pem")
    broker = SmallBroker(tls=mine)
    try:
        pen = a_pen(broker.port, FACTS | {"ca_file": str(ours.folder / "ca.pem")})
        pen.measure(samples(300), t0=AT, uptime_ms=0)
        until([pen], lambda: not len(pen.store))
        pen.switch(on=False)
        stranger = a_pen(broker.port, FACTS | {"ca_file": str(theirs.folder / "ca.pem")})
        loop.turn([stranger], 0)
        assert stranger.socket() is not None
        until([stranger], lambda: stranger.socket() is None)
        assert not stranger.connected
    finally:
        broker.close()


class Front(BaseHTTPRequestHandler):
    """The platform over HTTPS: busy the first time."""

    taken: list[tuple[str, str, bytes]]

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append((self.path, self.headers["Authorization"], body))
        busy = len(self.taken) == 1
        self.send_response(429 if busy else 202)
        if busy:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args):
        """Say nothing."""


@pytest.fixture
def front():
    handler = type("Busy", (Front,), {"taken": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_batches_go_over_https_while_mqtt_does_not_get_through(a_pen, front):
    with socket.create_server(("127.0.0.1", 0)) as closing:
        shut = closing.getsockname()[1]
    url = f"http://127.0.0.1:{front.server_port}/api/device-telemetry"
    pen = a_pen(shut, FACTS | {"https": url})
    for _ in range(2):
        pen.measure(samples(), t0=AT, uptime_ms=0)
    pen.say("needling_started", AT)
    bodies = [body for _, what, body in pen.store.waiting() if what == "readings"]
    until([pen], lambda: len(pen.store) == 1)
    taken = front.RequestHandlerClass.taken
    assert [body for _, _, body in taken] == [bodies[0], bodies[0], bodies[1]]
    assert {path for path, _, _ in taken} == {
        f"/api/device-telemetry/v1/devices/{FACTS['device_id']}/batches"
    }
    assert {account.split()[0] for _, account, _ in taken} == {"Basic"}
    [(_, what, _)] = pen.store.waiting()
    assert what == "events"


def test_a_secret_does_not_travel_in_the_clear_over_http_either():
    with pytest.raises(Unsafe):
        Pen(Identity(port=9, https="http://clinics.example", **FACTS))


CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from deploy.devicekit.pen import Identity, Pen
from deploy.devicekit.store import Disk

store = Disk(Path(sys.argv[1]))
pen = Pen(Identity("127.0.0.1", 9, *map(__import__("uuid").UUID, sys.argv[2:4]), "x"), store=store)
columns = [[0], [8], [500], [6600], [180], [3120], [870]]
number = 0
while True:
    number += 1
    made = pen.measure(columns, t0=datetime(2030, 1, 7, tzinfo=UTC), uptime_ms=number)
    print("kept", made.boot_id, made.seq, number, flush=True)
    if number % 3 == 0:
        key, _, body = next(pen.store.waiting())
        print("done", body.hex(), flush=True)
        pen.store.drop(key)
"""


def test_a_pen_killed_at_any_moment_has_lost_and_renamed_nothing(tmp_path):
    """What it said it had kept is there whole after `kill -9`, unless it was acknowledged."""
    chance = random.Random(20261122)  # noqa: S311 # any moments will do
    arguments = [str(tmp_path / "flash"), str(FACTS["device_id"]), str(FACTS["clinic_id"])]
    kept, done, seen = set(), set(), {}
    for _ in range(12):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, *arguments], stdout=subprocess.PIPE, env=dict(os.environ)
        )
        said = [child.stdout.readline() for _ in range(chance.randrange(1, 60))]
        child.send_signal(signal.SIGKILL)
        said += child.stdout.read().splitlines(keepends=True)
        child.wait()
        child.stdout.close()
        for line in said:
            if line.endswith(b"\n"):
                word, *facts = line.split()
                (kept if word == b"kept" else done).add(tuple(facts))
        for _, _, body in Disk(tmp_path / "flash").waiting():
            name = body[4:16]  # boot_id and seq of the binary layout
            assert seen.setdefault(name, body) == body
    there = {_name(body) for body in seen.values()}
    there |= {_name(bytes.fromhex(body.decode())) for (body,) in done}
    assert {tuple(map(int, name)) for name in kept} <= there
    assert len({boot_id for boot_id, _, _ in there}) == 12


def _name(body):
    return (
        int.from_bytes(body[4:8], "little"),
        int.from_bytes(body[8:16], "little"),
        int.from_bytes(body[24:32], "little"),
    )
