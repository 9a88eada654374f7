"""Many pens on raw sockets: MQTT 3.1.1 at QoS 1 in frames made beforehand, sent until acknowledged.

`python -m tests.bench.peers.pens PLAN.json`; it says `ready` once all pens are connected, begins at
a line on stdin, and writes when each batch was first sent beside the plan (`.npy`: a row a pen).
A lost connection is opened again, and what was not acknowledged goes out again with its DUP flag.
"""

import json
import random
import selectors
import socket
import struct
import sys
import time
import zlib
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from deploy.devicekit.wire import COLUMNS, rfc3339
from shared import clock
from shared.schemas.batches import HEADER

STEP_MS = 100  # between two samples
PATTERNS = 64  # different stretches of samples
PERIOD = 65_000  # packet ids, all but a few
PUBLISH_QOS1, DUP, PUBACK = 0x32, 0x08, 0x40
AGAIN_S = 0.5


def length(size: int) -> bytes:
    """Return a remaining length as MQTT writes it."""
    parts = bytearray()
    while True:
        size, low = divmod(size, 128)
        parts.append(low | (0x80 if size else 0))
        if not size:
            return bytes(parts)


def text(said: str) -> bytes:
    raw = said.encode()
    return struct.pack(">H", len(raw)) + raw


def connect(device: str, user: str, secret: str) -> bytes:
    """Return a CONNECT: clean session, user name and password, no keep-alive."""
    body = text("MQTT") + bytes([4, 0xC2]) + struct.pack(">H", 0)
    body += text(device) + text(user) + text(secret)
    return b"\x10" + length(len(body)) + body


def publish(topic: str, packet: int, payload: bytes) -> bytearray:
    body = text(topic) + struct.pack(">H", packet) + payload
    return bytearray(bytes([PUBLISH_QOS1]) + length(len(body)) + body)


def patterns(n: int, *, deep: bool) -> list[bytes]:
    """Return columns of n readings with some noise; the last of a `deep` one is over any limit."""
    chance = np.random.default_rng(n)
    made = []
    for _ in range(PATTERNS):
        columns = np.empty((7, n), dtype="<i2")
        columns[0] = np.arange(n) * STEP_MS
        columns[1] = 8
        for row, (low, high) in enumerate(((450, 550), (6500, 6700), (150, 210), (3100, 3140)), 2):
            columns[row] = chance.integers(low, high, n)
        columns[6] = 870
        if deep:
            columns[2, -1] = 2500
        made.append(columns.tobytes())
    return made


def bodies(plan: Mapping[str, Any], pen: Mapping[str, str]) -> Iterator[bytes]:
    """Yield what a pen sends, in the order of its numbers."""
    if plan["kind"] == "event":
        yield json.dumps(_deep_event(plan["boot"])).encode()
        return
    if plan["kind"] in {"json", "bridge"}:
        yield from _json_bodies(plan, pen)
        return
    n, parts = plan["n"], patterns(plan["n"], deep=plan["kind"] == "deep")
    session = UUID(pen["session"]).bytes
    for number in range(plan["batches"]):
        seq = number * n
        at = plan["t0_ms"] + STEP_MS * seq
        head = HEADER.pack(1, 1, n, plan["boot"], seq, at, STEP_MS * seq, session, 0, 0)
        body = head + parts[number % PATTERNS]
        yield body + zlib.crc32(body).to_bytes(4, "little")


def _json_bodies(plan: Mapping[str, Any], pen: Mapping[str, str]) -> Iterator[bytes]:
    """Yield batches as JSON; for the peer, within an object that names them."""
    n, parts = plan["n"], []
    for part in patterns(n, deep=False):
        columns = np.frombuffer(part, "<i2").reshape(len(COLUMNS), n).tolist()
        parts.append(json.dumps(dict(zip(COLUMNS, columns, strict=True)), separators=(",", ":")))
    for number in range(plan["batches"]):
        seq = number * n
        at = datetime.fromtimestamp((plan["t0_ms"] + STEP_MS * seq) / 1000, UTC)
        head = {"v": 1, "boot_id": plan["boot"], "seq": seq, "session_id": pen["session"]}
        head |= {"t0": rfc3339(at), "uptime_ms": STEP_MS * seq, "cartridge_serial": None}
        body = json.dumps(head, separators=(",", ":"))[:-1] + "," + parts[number % PATTERNS][1:]
        if plan["kind"] == "bridge":
            named = {"device_id": pen["device"], "boot_id": plan["boot"], "seq": seq}
            body = json.dumps(named | {"body": body})
        yield body.encode()


def _deep_event(boot: int) -> dict[str, Any]:
    facts = {"zone": 8, "depth_um": 2500, "limit_um": 1100}
    said = {"v": 1, "boot_id": boot, "seq": 1, "at": rfc3339(clock.now())}
    return {**said, "event": "depth_over_limit", **facts}


def order(plan: Mapping[str, Any], pen_number: int) -> list[int]:
    """Return the numbers of a pen's batches as they are sent: some twice, some out of order."""
    chance = random.Random(pen_number)  # noqa: S311 # repeatable, not secret
    numbers = list(range(plan["batches"]))
    if block := plan["shuffle"]:
        for start in range(0, len(numbers), block):
            part = numbers[start : start + block]
            chance.shuffle(part)
            numbers[start : start + block] = part
    if plan["repeats"]:
        twice = []
        for place, number in enumerate(numbers):
            twice.append(number)
            if chance.random() < plan["repeats"]:
                twice.append(numbers[max(0, place - chance.randrange(50))])
        return twice
    return numbers


class Pen:
    """One connection: frames to send, and those that are under way."""

    def __init__(self, plan: Mapping[str, Any], number: int) -> None:
        pen = plan["pens"][number]
        self.number = number
        self._address = (plan["host"], plan["port"])
        self._connect = connect(pen["device"], plan["user"] or pen["device"], pen["secret"])
        self._window = plan["window"]
        what = "events" if plan["kind"] == "event" else "readings"
        topic = f"{plan['root']}/{pen['clinic']}/{pen['device']}/{what}"
        made = list(bodies(plan, pen))
        self.order = order(plan, number)
        self.frames = [
            publish(topic, place % PERIOD + 1, made[each]) for place, each in enumerate(self.order)
        ]
        self.sent_at = np.zeros(len(made))
        self.next, self._allowed = 0, 0  # nothing goes out before the word
        self._under_way: dict[int, int] = {}
        self._again: deque[int] = deque()
        self._out, self._in = b"", b""
        self.socket: socket.socket | None = None
        self.lost = 0

    @property
    def done(self) -> bool:
        return self.next == len(self.frames) and not self._under_way and not self._again

    def allow(self, more: int) -> None:
        self._allowed = min(self._allowed + more, len(self.frames))

    def open(self) -> bool:
        """Connect and wait for the broker's word; False when it does not let us in."""
        try:
            self.socket = socket.create_connection(self._address, timeout=10)
            self.socket.sendall(self._connect)
            answer = self.socket.recv(4)
        except OSError:
            answer = b""
        if answer != b"\x20\x02\x00\x00":
            self.close()
            return False
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._out = self._in = b""
        return True

    def close(self) -> None:
        if self.socket:
            self.socket.close()
        self.socket = None
        self._again = deque(sorted({*self._again, *self._under_way.values()}))
        self._under_way.clear()

    def write(self) -> bool:
        """Send what the window and the pace allow; True while the socket takes no more."""
        if not self._out:
            self._out = self._fill()
        try:
            if self._out:
                self._out = self._out[self.socket.send(self._out) :]
        except BlockingIOError:
            pass
        return bool(self._out)

    def _fill(self) -> bytes:
        parts, now = [], time.time()
        while len(self._under_way) < self._window:
            if self._again:
                place = self._again.popleft()
                self.frames[place][0] |= DUP
            elif self.next < self._allowed:
                place = self.next
                self.next += 1
            else:
                break
            batch = self.order[place]
            if not self.sent_at[batch]:
                self.sent_at[batch] = now
            self._under_way[place % PERIOD + 1] = place
            parts.append(self.frames[place])
        return b"".join(parts)

    def read(self) -> None:
        """Take acknowledgements.  Raises ConnectionError when the broker has gone."""
        try:
            came = self.socket.recv(65536)
        except BlockingIOError:
            return
        if not came:
            raise ConnectionResetError
        came = self._in + came
        whole = len(came) // 4 * 4
        for start in range(0, whole, 4):
            kind, _, packet = struct.unpack_from(">BBH", came, start)
            if kind == PUBACK:
                self._under_way.pop(packet, None)
        self._in = came[whole:]


class Crowd:
    """All pens of a plan, turn by turn."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self.pens = [Pen(plan, number) for number in range(len(plan["pens"]))]
        self._pace = plan["pace"]
        self._selector = selectors.DefaultSelector()
        self._away: list[tuple[float, Pen]] = []
        self._allowed, self._began = 0, 0.0

    def come(self) -> None:
        for pen in self.pens:
            self._open(pen)
        while self._away:
            time.sleep(AGAIN_S)
            self._return()

    def run(self) -> None:
        """Send everything and return when all of it is acknowledged."""
        self._began = time.monotonic()
        left = set(self.pens)
        for pen in self.pens:
            pen.allow(0 if self._pace else len(pen.frames))
            self._write(pen)
        while left:
            for key, events in self._selector.select(0.002 if self._pace else 0.05):
                self._serve(key.data, events)
            for pen in self._due():
                self._write(pen)
            self._return()
            left = {pen for pen in left if not pen.done}

    def _due(self) -> set[Pen]:
        """Let go what is due by now; return who may send."""
        if not self._pace:
            return set()
        due = int((time.monotonic() - self._began) * self._pace) + 1
        found = {self.pens[turn % len(self.pens)] for turn in range(self._allowed, due)}
        for turn in range(self._allowed, due):
            self.pens[turn % len(self.pens)].allow(1)
        self._allowed = max(due, self._allowed)
        return {pen for pen in found if pen.socket}

    def _serve(self, pen: Pen, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                pen.read()
            self._write(pen)
        except OSError:
            self._lose(pen)

    def _write(self, pen: Pen) -> None:
        if not pen.socket:
            return
        try:
            full = pen.write()
        except OSError:
            self._lose(pen)
            return
        both = selectors.EVENT_READ | selectors.EVENT_WRITE
        self._selector.modify(pen.socket, both if full else selectors.EVENT_READ, pen)

    def _lose(self, pen: Pen) -> None:
        self._selector.unregister(pen.socket)
        pen.close()
        pen.lost += 1
        self._away.append((time.monotonic() + AGAIN_S, pen))

    def _return(self) -> None:
        now = time.monotonic()
        back = [pen for at, pen in self._away if at <= now]
        self._away = [(at, pen) for at, pen in self._away if at > now]
        for pen in back:
            self._open(pen)

    def _open(self, pen: Pen) -> None:
        if pen.open():
            self._selector.register(pen.socket, selectors.EVENT_READ, pen)
            self._write(pen)
        else:
            self._away.append((time.monotonic() + AGAIN_S, pen))


def main() -> None:
    file = Path(sys.argv[1])
    plan = json.loads(file.read_text(encoding="utf-8"))
    crowd = Crowd(plan)
    crowd.come()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    used = time.process_time()
    crowd.run()
    acknowledged = time.time()
    np.save(file.with_suffix(".npy"), np.stack([pen.sent_at for pen in crowd.pens]))
    used = time.process_time() - used
    lost = sum(pen.lost for pen in crowd.pens)
    told = {"acknowledged": acknowledged, "connections_lost": lost, "cpu_s": used}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
