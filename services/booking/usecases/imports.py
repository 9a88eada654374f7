"""Taking in a file: its rows are stored as given, and tried one after another by the timer.

What came of a row is stored in the transaction of its effect, so that an import goes on after a
kill where it was.  A row that is refused keeps none of the others back.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain import imports as rules
from services.booking.domain import tables
from services.booking.domain.appointments import TooContended
from services.booking.domain.changes import Change
from services.booking.domain.imports import CellWrong, ImportOver, ImportUnknown, NameUnclear
from services.booking.domain.tables import Row
from services.booking.store import imports as store
from services.booking.store import resources
from services.booking.usecases import appointments, clinics, practitioners, rotas
from services.booking.usecases.appointments import Wanted
from shared import db
from shared.db import Transaction
from shared.errors import DomainError, Unavailable

Came = tuple[str, UUID]  # status of a row that no rule refused, and what it became
_BROKE = {
    "status": "refused",
    "result_id": None,
    "refusal": "This row could not be tried: a fault of ours. Please tell us its import and line.",
    "refusal_type": "fault",
}
_BUSY = {
    "status": "refused",
    "refusal": "Many people were booking at that moment. Resume the import to try this row again.",
    "refusal_type": TooContended.type,
}


@dataclass(slots=True)
class Task:
    """The rows that are tried next, and the one that is tried now."""

    found: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    line: int


def read(kind: str, body: bytes) -> list[Row]:
    """Return the rows of a file.  Raises FileUnreadable, ColumnsWrong or FileTooLong."""
    return tables.read(body, rules.COLUMNS[kind])


def begin(
    tx: Transaction, wanted: Mapping[str, Any], rows: Sequence[Row], result_ids: Sequence[UUID]
) -> dict[str, Any]:
    """Store a file: id, clinic_id, kind, dry_run, created_by, created_at.  Raises ClinicUnknown."""
    clinics.find(tx, wanted["clinic_id"])
    unreadable = sum(row.fault is not None for row in rows)
    over = unreadable == len(rows)
    counts = {"rows_total": len(rows), "rows_refused": unreadable}
    state = {
        "status": "done" if over else "running",
        "finished_at": wanted["created_at"] if over else None,
    }
    store.insert(tx, {**wanted, **counts, **state}, rows, result_ids, CellWrong.type)
    return find(tx, wanted["id"])


def find(tx: Transaction, import_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """Return an import and its progress.  Raises ImportUnknown."""
    found = store.find(tx, import_id, lock=lock)
    if found is None:
        raise ImportUnknown("There is no such import.")
    return _with_progress(found)


def page(tx: Transaction, clinic_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's imports, the newest first."""
    return [_with_progress(found) for found in store.page(tx, clinic_id, binds)]


def rows(
    tx: Transaction, import_id: UUID, status: str | None, binds: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return what came of an import's rows, by line.  Raises ImportUnknown."""
    found = find(tx, import_id)
    listed = store.rows(tx, import_id, status, binds)
    return [{**row, "result_id": None} for row in listed] if found["dry_run"] else listed


def set_running(
    tx: Transaction, current: Mapping[str, Any], now: datetime, *, running: bool
) -> dict[str, Any]:
    """Stop an import that `find` locked, or let it go on; what was done stays.

    Rows that lost to others at every attempt are tried again, at the end of an import too.
    Raises ImportOver.
    """
    again = store.wait_again(tx, current["id"]) if running else 0
    if current["status"] == "done" and not again:
        raise ImportOver("Every row of this import was tried already.")
    store.set_status(tx, current["id"], "running" if running else "cancelled", now)
    return find(tx, current["id"])


def claim(tx: Transaction) -> Task | None:
    """Return what is to be tried next, locked; None when nothing waits.  `tx` sees every clinic.

    A dry run tries some rows together, so that they see each other; else each has a transaction
    of its own, and holds no row of another one's locks.
    """
    found = store.claim(tx)
    if found is None:
        return None
    waiting = store.waiting(tx, found["id"], rules.TRIED_TOGETHER if found["dry_run"] else 1)
    return Task(found, waiting, waiting[0]["line"] if waiting else 0)


def work(tx: Transaction, task: Task, now: datetime) -> None:
    """Try the rows of a task and store what came of them.  Raises Unavailable: try again."""
    tx.narrow(db.Scope.of([task.found["clinic_id"]]))
    if task.found["dry_run"]:
        with _rehearsal(tx):
            _lock_all(tx, task)
            came = [_tried(tx, task, row, now) for row in task.rows]
    else:
        came = [_tried(tx, task, row, now) for row in task.rows]
    _store(tx, task, [row["line"] for row in task.rows], came, now)


def give_up(tx: Transaction, task: Task, now: datetime) -> None:
    """Refuse the row that broke for a reason that no rule knows: the others go on."""
    _store(tx, task, [task.line], [_BROKE], now)


def forget(tx: Transaction, now: datetime) -> bool:
    """Delete files that were kept for long enough; say whether there may be more."""
    return store.forget(tx, now - rules.KEPT) > 0


class _Rehearsed(Exception):
    """The rehearsal is over."""


@contextmanager
def _rehearsal(tx: Transaction) -> Iterator[None]:
    """Undo what is done inside, always."""
    with suppress(_Rehearsed), tx.savepoint():
        yield
        raise _Rehearsed


def _lock_all(tx: Transaction, task: Task) -> None:
    """Lock all that the rows might, at once and in the one order: else two could wait crosswise."""
    clinic_id = task.found["clinic_id"]
    if task.found["kind"] == "rotas":
        store.lock_practitioners(tx, clinic_id)
        return
    clients = []
    for row in task.rows:
        try:
            clients.append(rules.appointment(row["given"]).client_id)
        except CellWrong:
            continue
    resources.lock(tx, store.resources(tx, clinic_id, clients))


def _tried(tx: Transaction, task: Task, row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what came of a row; a refused one has left no trace.  Raises Unavailable.

    One whose place others kept taking is refused as well, so that it stops no row behind it.
    """
    task.line = row["line"]
    came = {"result_id": None, "refusal": None, "refusal_type": None}
    try:
        with tx.savepoint():
            status, result_id = _KINDS[task.found["kind"]](tx, task.found, row, now)
    except TooContended:
        return {**came, **_BUSY}
    except Unavailable:
        raise
    except DomainError as refused:
        told = {"refusal": str(refused), "refusal_type": refused.type}
        return {**came, "status": "refused", **told}
    return {**came, "status": status, "result_id": result_id}


def _store(
    tx: Transaction,
    task: Task,
    lines: Sequence[int],
    came: Sequence[Mapping[str, Any]],
    now: datetime,
) -> None:
    answered = [
        each["status"]
        for line, each in zip(lines, came, strict=True)
        if store.answer(tx, task.found["id"], line, each)
    ]
    store.count(tx, task.found["id"], answered, now)


def _appointment(
    tx: Transaction, found: Mapping[str, Any], row: Mapping[str, Any], now: datetime
) -> Came:
    """Book a row; `known` if an earlier appointment has its reference."""
    said = rules.appointment(row["given"])
    clinic_id: UUID = found["clinic_id"]
    wanted_id: UUID = row["result_id"]
    if said.reference is not None:
        known = store.refer(tx, clinic_id, said.reference, wanted_id)
        if known != wanted_id:
            return "known", known
    starts_at, practitioner_id = said.starts_at, None
    if starts_at.tzinfo is None:
        starts_at = clinics.typed(tx, clinic_id, starts_at)
    if said.practitioner is not None:
        practitioner_id = _found(tx, clinic_id, "practitioner", said.practitioner)
    wanted = Wanted(
        id=wanted_id,
        clinic_id=clinic_id,
        client_id=said.client_id,
        treatment_id=_found(tx, clinic_id, "treatment", said.treatment),
        starts_at=starts_at,
        practitioner_id=practitioner_id,
        zones=said.zones,
        waived=rules.WAIVED,
        deposit=False,
    )
    appointments.book(tx, wanted, Change(found["created_by"], now))
    return "done", wanted_id


def _rota(tx: Transaction, found: Mapping[str, Any], row: Mapping[str, Any], now: datetime) -> Came:
    """Add a stretch to the rota of its dates, or begin that rota; `known` if it is there."""
    said = rules.rota(row["given"])
    clinic_id = found["clinic_id"]
    practitioner_id = _found(tx, clinic_id, "practitioner", said.practitioner)
    person = practitioners.find(tx, clinic_id, practitioner_id, lock=True)
    facts = {name: getattr(said, name) for name in ("valid_from", "valid_until", "every_weeks")}
    current = rotas.like(tx, person, facts)
    if current is None:
        rota = {**facts, "id": row["result_id"], "hours": [said.entry]}
        rotas.add(tx, person, rota, now=now)
        return "done", row["result_id"]
    if said.entry in current["hours"]:
        return "known", current["id"]
    rotas.change(tx, person, current, {"hours": [*current["hours"], said.entry]}, now=now)
    return "done", current["id"]


def _found(tx: Transaction, clinic_id: UUID, what: str, named: rules.Named) -> UUID:
    """Return the id of what a row names.  Raises NameUnclear."""
    if named.id is not None:
        return named.id
    found = store.named(tx, what, clinic_id, named.name or "")
    if not found:
        raise NameUnclear(f"The clinic has no {what} of this name.")
    if len(found) > 1:
        raise NameUnclear(f"The clinic has more than one {what} of this name. Say the {what}_id.")
    return found[0]


def _with_progress(found: Mapping[str, Any]) -> dict[str, Any]:
    tried = found["rows_done"] + found["rows_known"] + found["rows_refused"]
    return {**found, "rows_waiting": found["rows_total"] - tried}


_KINDS: dict[str, Callable[[Transaction, Mapping[str, Any], Mapping[str, Any], datetime], Came]] = {
    "appointments": _appointment,
    "rotas": _rota,
}
