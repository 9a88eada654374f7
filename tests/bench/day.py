"""A day of fifty clinics' pens: 200 pens, seven sessions each, a batch a second of ten samples.

Loaded through the very function that the ingest process calls, by two processes, each with its half
of the pens, in the order in which a day brings them.  `python -m tests.bench.day` is such a loader.
"""

import json
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np

from services.device_telemetry.events.handlers import HANDLERS
from services.device_telemetry.usecases import days, devices, readings, sessions
from services.device_telemetry.usecases.set_aside import Message
from shared import db, ids
from shared.events.catalogue import Event
from shared.schemas.devices import NewDevice
from tests.people import Clinic

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
N, STEP_MS = 10, 100  # samples a batch, and between two of them
SLICE_S = 10  # of the day in one transaction
PAUSE_S = 600  # between two sessions of a pen
LIMIT_UM, ZONES = 1500, (1, 6, 8)
LOADERS = 2
BATCH = np.dtype(
    [
        *(("v", "u1"), ("flags", "u1"), ("n", "<u2"), ("boot_id", "<u4"), ("seq", "<u8")),
        *(("t0", "<i8"), ("uptime_ms", "<u8"), ("session", "V16"), ("s", "u1"), ("zero", "u1")),
        ("columns", "<i2", (7, N)),
    ]
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a day: sessions last `seconds`."""

    clinics: int = 50
    pens: int = 4
    sessions: int = 7
    seconds: int = 3571

    @property
    def samples(self) -> int:
        return self.clinics * self.pens * self.sessions * self.seconds * N


QUICK = Size(clinics=4, pens=2, sessions=2, seconds=600)


@dataclass(frozen=True, slots=True)
class Pen:
    """A pen and when its sessions begin: milliseconds since 1970 and the session's id."""

    device_id: str
    clinic_id: str
    sessions: list[tuple[int, str]]


def clinics(size: Size, time_zone: str = "UTC") -> list[Clinic]:
    return [
        Clinic(
            UUID(int=0x01930000_0000_7000_8000_000000000000 + number),
            f"Clinic {number}",
            time_zone,
        )
        for number in range(1, size.clinics + 1)
    ]


def begins(now: datetime) -> tuple[datetime, str]:
    """Return when a day began that ends just now, and the zone where that was about eight o'clock.

    So the day is today at its clinics: what a list counts since midnight is there to be counted.
    """
    at = (now - timedelta(hours=9)).replace(minute=0, second=0, microsecond=0)
    ahead = (8 - at.hour + 11) % 24 - 11  # of UTC, from -11 to 12 hours
    return at, f"Etc/GMT{-ahead:+d}"  # where the sign is turned round


def found(size: Size, dsn: str, first: datetime, time_zone: str = "UTC") -> list[Pen]:
    """Register the pens of every clinic and announce their sessions; `dsn` is the service's."""
    rng = np.random.default_rng(4)
    pens = []
    db.open_pool(dsn, connections=1)
    try:
        with db.transaction(db.EVERY_CLINIC) as tx:
            days.make_ahead(tx, first)
        for clinic in clinics(size, time_zone):
            with db.transaction(db.EVERY_CLINIC) as tx:
                _open(tx, clinic, first)
                for number in range(size.pens):
                    late_s = int(rng.integers(0, PAUSE_S))
                    pens.append(_pen(tx, clinic, number, first + timedelta(seconds=late_s), size))
    finally:
        db.close_pool()
    return pens


def load(dsn: str, pens: Sequence[Pen], size: Size) -> float:
    """Load the day with all loaders at once; return the seconds that it took."""
    started = time.monotonic()
    running = []
    for number in range(LOADERS):
        part = [asdict(pen) for pen in pens[number::LOADERS]]
        each = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.day"], stdin=subprocess.PIPE, text=True
        )
        json.dump({"dsn": dsn, "pens": part, "seconds": size.seconds}, each.stdin)
        each.stdin.close()
        running.append(each)
    ended = [each.wait() for each in running]
    if any(ended):
        raise RuntimeError("A loader of the day failed.")
    return time.monotonic() - started


def main() -> None:
    """Load the pens that stdin names."""
    told = json.load(sys.stdin)
    pens = [Pen(**each) for each in told["pens"]]
    db.open_pool(told["dsn"], connections=1)
    for until, messages in a_day(pens, told["seconds"]):
        with db.transaction(db.EVERY_CLINIC) as tx:
            readings.store(tx, messages, until)
    db.close_pool()


def a_day(pens: Sequence[Pen], seconds: int) -> Iterator[tuple[datetime, list[Message]]]:
    """Yield the day slice by slice: when its readings have arrived, and the messages."""
    rng = np.random.default_rng(7)
    seqs = dict.fromkeys((pen.device_id for pen in pens), 0)
    first = min(begin for pen in pens for begin, _ in pen.sessions)
    last = max(begin for pen in pens for begin, _ in pen.sessions) + 1000 * seconds
    for begin in range(first, last, 1000 * SLICE_S):
        messages: list[Message] = []
        for pen in pens:
            bodies = _bodies(pen, begin, seconds, seqs, rng)
            topic = f"pens.{pen.clinic_id}.{pen.device_id}.readings"
            messages += [Message(topic, body) for body in bodies]
        if messages:
            yield EPOCH + timedelta(milliseconds=begin + 1000 * SLICE_S + 300), messages


def _bodies(pen, begin, seconds, seqs, rng) -> list[bytes]:
    """Return what a pen sends of one slice of the day."""
    for started, session_id in pen.sessions:
        since = max(begin, started)
        until = min(begin + 1000 * SLICE_S, started + 1000 * seconds)
        if since < until:
            return _batches(pen, UUID(session_id), (since, until, started), seqs, rng)
    return []


def _batches(pen, session_id, when, seqs, rng) -> list[bytes]:
    since, until, started = when
    t0 = np.arange(since, until, 1000)
    rows = np.zeros(t0.size, dtype=BATCH)
    rows["v"], rows["flags"], rows["n"], rows["boot_id"] = 1, 1, N, 17
    rows["seq"] = seqs[pen.device_id] + N * np.arange(t0.size)
    seqs[pen.device_id] += N * t0.size
    rows["t0"], rows["uptime_ms"] = t0, t0 - started
    rows["session"] = np.void(session_id.bytes)
    columns = rows["columns"]
    columns[:, 0] = np.arange(N) * STEP_MS
    columns[:, 1] = ZONES[(since - started) // 300_000 % len(ZONES)]
    waves = 700 + 500 * np.sin((t0 - started) / 9000.0)
    columns[:, 2] = waves[:, None] + rng.integers(-60, 60, (t0.size, N))
    columns[:, 3] = 6600 + rng.integers(-80, 80, (t0.size, N))
    columns[:, 4] = 180 + rng.integers(-9, 9, (t0.size, N))
    columns[:, 5], columns[:, 6] = 3120, 870
    raw = rows.tobytes()
    bodies = [raw[at : at + BATCH.itemsize] for at in range(0, len(raw), BATCH.itemsize)]
    return [body + zlib.crc32(body).to_bytes(4, "little") for body in bodies]


def _open(tx, clinic: Clinic, now: datetime) -> None:
    data = {
        "clinic_id": clinic.id,
        "name": clinic.name,
        "time_zone": clinic.time_zone,
        "jurisdiction": "GB",
        "phone": None,
        "email": None,
        "active": True,
        "daily_capacity_minutes": 480,
    }
    name = "booking.clinic_changed.v1"
    HANDLERS[name](tx, Event(ids.new(), name, "/bench", clinic.id, clinic.id, 1, now, data))


def _pen(tx, clinic: Clinic, number: int, begins: datetime, size: Size) -> Pen:
    wanted = {
        "clinic_id": str(clinic.id),
        "name": f"Pen {number + 1}",
        "model": "dermapen-4",
        "serial": f"{clinic.name}/{number}",
        "tolerance_um": 100,
        "calibrated_on": "2026-01-05",
        "calibration_due_on": "2199-01-05",
    }
    device_id = ids.new()
    devices.register(tx, NewDevice().load(wanted), device_id, begins)
    held = []
    for each in range(size.sessions):
        at = begins + timedelta(seconds=each * (size.seconds + PAUSE_S))
        session_id = ids.new()
        started = {
            "session_id": session_id,
            "clinic_id": clinic.id,
            "device_id": device_id,
            "cartridge": {
                "lot": "L1",
                "serial": str(session_id),
                "expires_on": date(2199, 1, 1),
            },
            "started_at": at,
            "limits": [
                {"zone": zone, "depth_um": LIMIT_UM - 100, "limit_um": LIMIT_UM, "passes": 2}
                for zone in ZONES
            ],
        }
        sessions.begin(tx, started, at)
        held.append(((at - EPOCH) // timedelta(milliseconds=1), str(session_id)))
    return Pen(str(device_id), str(clinic.id), held)


if __name__ == "__main__":
    sys.exit(main())
