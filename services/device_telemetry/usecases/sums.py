"""What newly stored batches add to what is counted: to minutes, and to runs of sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.device_telemetry.domain import minutes
from services.device_telemetry.domain.blocks import some
from services.device_telemetry.domain.readings import Row
from services.device_telemetry.store import minutes as minute_store
from services.device_telemetry.store import runs
from services.device_telemetry.store.batch_rows import Stored, Written
from services.device_telemetry.store.runs import Part
from services.device_telemetry.usecases.causes import Kept, Rules
from shared.db import Transaction
from shared.schemas.batches import milliseconds

_Name = tuple[UUID, UUID, int]  # session, device, boot


class _Carried(NamedTuple):
    """What one batch adds to its run."""

    row: Stored
    samples: int
    needling: bool
    depth_max_um: int
    rules: Rules | None


def add(tx: Transaction, kept: Sequence[Kept], now: datetime) -> list[Part]:
    """Count newly stored batches, in the transaction that stores them; return parts of runs."""
    _add_minutes(tx, [each.written for each in kept])
    parts = _parts(kept)
    runs.note(tx, parts, now)
    return parts


def _add_minutes(tx: Transaction, written: Sequence[Written]) -> None:
    owners = sorted({(row.device_id, row.clinic_id) for each in written for row in each.rows})
    index = {owner: number for number, owner in enumerate(owners)}
    parts = [
        minutes.Part(
            device=[index[row.device_id, row.clinic_id] for row in each.rows],
            t0_ms=[milliseconds(row.t0) for row in each.rows],
            over_limit=each.over_limit,
            samples=each.block.samples,
        )
        for each in written
    ]
    minute_store.add(tx, minutes.count(parts), owners)


def _parts(kept: Sequence[Kept]) -> list[Part]:
    """Return the parts of runs, in the order of their names."""
    found: dict[_Name, list[_Carried]] = {}
    for each in kept:
        needling = some(each.written.block.needling).tolist()
        deepest = each.written.block.high[:, Row.DEPTH_UM].tolist()
        for row, *facts in zip(each.written.rows, needling, deepest, each.rules, strict=True):
            if row.session_id:
                name = (row.session_id, row.device_id, row.boot_id)
                found.setdefault(name, []).append(_Carried(row, each.written.layout.n, *facts))
    return [_part(name, found[name]) for name in sorted(found)]


def _part(name: _Name, batches: Sequence[_Carried]) -> Part:
    session_id, device_id, boot_id = name
    return Part(
        session_id=session_id,
        device_id=device_id,
        boot_id=boot_id,
        clinic_id=batches[0].row.clinic_id,
        first_t0=min(each.row.t0 for each in batches),
        last_t0=max(each.row.t0 for each in batches),
        batches=len(batches),
        samples=sum(each.samples for each in batches),
        needling_at=max((each.row.t0 for each in batches if each.needling), default=None),
        depth_max_um=max(each.depth_max_um for each in batches),
        announced=batches[0].rules is not None,
    )
