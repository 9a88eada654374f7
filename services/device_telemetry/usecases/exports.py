"""A session's readings whole, for files: every sample, never all of them in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.device_telemetry.domain.readings import LAST_ZONE, Row
from services.device_telemetry.domain.runs import Heads
from services.device_telemetry.store import readback, sessions
from services.device_telemetry.store.readback import Stretch
from shared.db import Transaction

PART: Final = 50_000  # samples: some 2 MB as text
_MEASURED: Final = (
    Row.ZONE,
    Row.DEPTH_UM,
    Row.SPEED_RPM,
    Row.CURRENT_MA,
    Row.TEMPERATURE_CC,
    Row.BATTERY_PERMILLE,
)
COLUMNS: Final = ("at", "boot_id", "sample", *(row.name.lower() for row in _MEASURED), "limit_um")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written: the parts by their batches, and how deep each zone might go."""

    where: Stretch | None
    parts: list[Heads]
    limits: list[dict[str, int]]

    @property
    def limit_um(self) -> NDArray[np.int16]:
        """Return the limit of each zone by number, -1 where the session has none."""
        table = np.full(LAST_ZONE + 1, -1, dtype=np.int16)
        for each in self.limits:
            table[each["zone"]] = each["limit_um"]
        return table


def plan(tx: Transaction, session: Mapping[str, Any]) -> Plan:
    """Return how a session is written: as many parts as it needs, none when nothing arrived."""
    session_id = session["session_id"]
    limits = sessions.limits_of(tx, [session_id])[session_id]
    where = readback.stretch(tx, session)
    if where is None:
        return Plan(None, [], limits)
    return Plan(where, list(readback.heads(tx, where).parts(PART)), limits)


def part(tx: Transaction, whole: Plan, batches: Heads) -> dict[str, NDArray[Any]]:
    """Return a part's samples as COLUMNS: `at` datetime64[ms] in UTC, limits -1 for none."""
    if whole.where is None:
        raise ValueError("Nothing arrived: there is no part to read.")
    rows = readback.rows_of(tx, whole.where, batches)
    columns: list[NDArray[Any]] = [
        rows.run.at_ms.view("datetime64[ms]"),
        rows.boot_id,
        rows.seq,
        *(rows.run.samples[row] for row in _MEASURED),
        whole.limit_um[rows.run.samples[Row.ZONE]],
    ]
    return dict(zip(COLUMNS, columns, strict=True))


def lines(columns: Mapping[str, NDArray[Any]]) -> str:
    """Return samples as lines of a CSV file; a zone without a limit has an empty cell."""
    cells = [_cells(name, column) for name, column in columns.items()]
    return "".join(",".join(row) + "\r\n" for row in zip(*cells, strict=True))


def _cells(name: str, column: NDArray[Any]) -> list[str]:
    if name == "at":
        return [str(each) for each in np.datetime_as_string(column, timezone="UTC").tolist()]
    if name == "limit_um":
        return ["" if each < 0 else str(each) for each in column.tolist()]
    return [str(each) for each in column.tolist()]
