"""How long an alarm takes while other pens send: to its commit, and to whoever hears the event.

An alarm is found in a batch of readings, or the pen says it itself, in an event of its own.
"""

import json
import threading
import time
from dataclasses import dataclass

import numpy as np
import pika

from shared.amqp import link, topology
from tests.bench.telemetry_ground import FORGET_ALARMS, Ground, Needled
from tests.bench.telemetry_pens import Load, Running

KIND = "depth_over_limit"
EVENT = "device_telemetry.alarm_raised.v1"
KINDS = {"deep": "found in readings", "event": "said by the pen"}
COMMITTED = f"""
SELECT device_id::text, extract(EPOCH FROM pg_xact_commit_timestamp(xmin))::float8
FROM bench.raised WHERE kind = '{KIND}'
"""


class Listener:
    """Hears alarms as any other service does, on a connection and in a thread of its own."""

    def __init__(self, amqp_url: str) -> None:
        self.heard: dict[str, list[float]] = {}
        self._connection = pika.BlockingConnection(link.parameters(amqp_url, "bench"))
        channel = self._connection.channel()
        topology.declare_exchange(channel)
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, topology.EVENTS_EXCHANGE, EVENT)
        channel.basic_consume(queue, self._hear, auto_ack=True)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _listen(self) -> None:
        while not self._over.is_set():
            self._connection.process_data_events(time_limit=0.1)
        self._connection.close()

    def _hear(self, _channel: object, _method: object, _head: object, body: bytes) -> None:
        data = json.loads(body)["data"]
        if data["kind"] == KIND:
            self.heard.setdefault(data["device_id"], []).append(time.time())


@dataclass(slots=True)
class Alarms:
    """Milliseconds from the first sending of each alarm of one kind."""

    kind: str
    committed: np.ndarray
    heard: np.ndarray
    lost: int
    doubled: int

    def summary(self) -> str:
        def p50_p95(found: np.ndarray) -> str:
            p50, p95 = np.percentile(found, [50, 95]) if len(found) else (np.nan, np.nan)
            return f"p50 {p50:.0f}, p95 {p95:.0f} ms"

        return f"committed {p50_p95(self.committed)}; heard {p50_p95(self.heard)}"

    @property
    def p95(self) -> float:
        return float(np.percentile(self.committed, 95)) if len(self.committed) else float("nan")


class Shooting:
    """Pens that each cause one alarm, half by their readings and half by an event."""

    def __init__(self, ground: Ground, pens: list[Needled], seconds: float) -> None:
        """Spread the alarms over so many seconds."""
        ground.sql(FORGET_ALARMS)
        self._ground = ground
        self._listener = Listener(ground.broker.rabbit.amqp_url())
        half = len(pens) // 2
        pace = half / seconds
        self._running = {
            kind: Running(ground, some, Load(10, 1, pace, kind=kind))
            for kind, some in (("deep", pens[:half]), ("event", pens[half:]))
        }

    def go(self) -> None:
        for running in self._running.values():
            running.go()

    def found(self, patience_s: float = 60) -> dict[str, Alarms]:
        """Wait until every alarm was heard, or no more come for so long."""
        for running in self._running.values():
            running.wait()
        wanted = sum(len(running.pens) for running in self._running.values())
        heard = self._listener.heard
        seen, since = -1, time.monotonic()
        while len(heard) < wanted and time.monotonic() - since < patience_s:
            if len(heard) != seen:
                seen, since = len(heard), time.monotonic()
            time.sleep(0.1)
        self._listener.close()
        return {kind: self._of(kind, running) for kind, running in self._running.items()}

    def _of(self, kind: str, running: Running) -> Alarms:
        sent = dict(zip((pen.device for pen in running.pens), running.sent_at()[:, 0], strict=True))
        rows = [row for row in self._ground.sql(COMMITTED) if row[0] in sent]
        committed = {device: at - sent[device] for device, at in rows}
        heard = {device: at for device, at in self._listener.heard.items() if device in sent}
        return Alarms(
            kind,
            1000 * np.array(list(committed.values())),
            1000 * np.array([at[0] - sent[device] for device, at in heard.items()]),
            len(sent) - min(len(committed), len(heard)),
            len(rows) - len(committed) + sum(len(at) - 1 for at in heard.values()),
        )
