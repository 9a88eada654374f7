"""What readings cost as one row a sample: binary COPY into a flat table, same columns and key.

The rows are made beforehand, so COPY is measured without anybody who reads messages.  The table has
the key only, none of the further indexes of ours: where this favours anybody, it favours COPY.
"""

import time
from io import BytesIO
from uuid import UUID, uuid4

import numpy as np
import psycopg2

from tests.bench import proc
from tests.bench.grounds import Database

# Facts of a batch (uptime, clock offset, digest) have no place in a sample's row.
TABLE = """
CREATE TABLE bench.samples (
    device_id uuid NOT NULL,
    clinic_id uuid NOT NULL,
    session_id uuid,
    boot_id bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    zone smallint NOT NULL,
    depth_um smallint NOT NULL,
    speed_rpm smallint NOT NULL,
    current_ma smallint NOT NULL,
    temperature_cc smallint NOT NULL,
    battery_permille smallint NOT NULL,
    PRIMARY KEY (device_id, boot_id, seq, at)
) PARTITION BY RANGE (at);
"""
DAY = """
CREATE TABLE bench.samples_%(n)s PARTITION OF bench.samples
FOR VALUES FROM (now()::date - %(ago)s) TO (now()::date - %(ago)s + 1)
"""
DAYS = 4
_EPOCH_S = 946_684_800  # 2000-01-01, where PostgreSQL begins to count
_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL = b"\xff\xff"
_WIDE = (("device_id", "S16"), ("clinic_id", "S16"), ("session_id", "S16"))
_LONG = ("boot_id", "seq", "at", "received_at")
_SHORT = ("zone", "depth_um", "speed_rpm", "current_ma", "temperature_cc", "battery_permille")
ROW = np.dtype(
    [("fields", ">i2")]
    + [part for name, kind in _WIDE for part in ((f"{name}_size", ">i4"), (name, "V16"))]
    + [part for name in _LONG for part in ((f"{name}_size", ">i4"), (name, ">i8"))]
    + [part for name in _SHORT for part in ((f"{name}_size", ">i4"), (name, ">i2"))]
)


def create(database: Database) -> None:
    """Make the table, with partitions by day as ours has them."""
    database.sql(TABLE)
    for number in range(DAYS):
        database.sql(DAY, {"n": number, "ago": DAYS - number - 2})


def rows(pens: list[UUID], samples: int, boot: int, t0_ms: int) -> np.ndarray:
    """Return rows of all pens in the order in which ours arrive: a hundred of each in turn."""
    made = np.zeros(samples, dtype=ROW)
    made["fields"] = len(_WIDE) + len(_LONG) + len(_SHORT)
    for names, size in (([name for name, _ in _WIDE], 16), (_LONG, 8), (_SHORT, 2)):
        for name in names:
            made[f"{name}_size"] = size
    index = np.arange(samples)
    turn, within = np.divmod(index, 100)
    pen = turn % len(pens)
    seq = turn // len(pens) * 100 + within
    clinic, sessions = uuid4().bytes, [uuid4().bytes for _ in pens]
    made["device_id"] = _wide([each.bytes for each in pens])[pen]
    made["clinic_id"] = _wide([clinic])[0]
    made["session_id"] = _wide(sessions)[pen]
    made["boot_id"], made["seq"] = boot, seq
    made["at"] = (t0_ms - 1000 * _EPOCH_S + 100 * seq) * 1000
    made["received_at"] = (int(time.time()) - _EPOCH_S) * 1_000_000
    chance = np.random.default_rng(samples)
    ranges = {"depth_um": (450, 550), "speed_rpm": (6500, 6700), "current_ma": (150, 210)}
    for name, (low, high) in ranges.items():
        made[name] = chance.integers(low, high, samples)
    made["zone"], made["temperature_cc"], made["battery_permille"] = 8, 3120, 870
    return made


def copy(database: Database, made: np.ndarray, commit: int) -> tuple[float, float]:
    """Copy, so many rows a commit; return the seconds it took, and the server's own at work."""
    parts = [
        BytesIO(_HEAD + made[start : start + commit].tobytes() + _TAIL)
        for start in range(0, len(made), commit)
    ]
    connection = psycopg2.connect(database.dsn())
    server = {"": connection.info.backend_pid}
    used, began = proc.used_s(server)[""], time.monotonic()
    with connection.cursor() as cursor:
        for part in parts:
            cursor.copy_expert("COPY bench.samples FROM STDIN (FORMAT binary)", part)
            connection.commit()
    took = time.monotonic() - began
    used = proc.used_s(server)[""] - used
    connection.close()
    return took, used


def _wide(values: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(values), dtype="V16")
