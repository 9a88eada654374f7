"""When a device that has moved took its readings: by that it is known at which clinic."""

from datetime import datetime, timedelta
from uuid import UUID

from services.device_telemetry.domain import clocks as rules
from services.device_telemetry.store import clocks as store
from services.device_telemetry.store import sessions
from shared.db import Transaction
from shared.schemas.batches import Batch, milliseconds


class Origins:
    """Asks the database once about each device and session, in one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Nothing is asked yet."""
        self._tx = tx
        self._started: dict[tuple[UUID, UUID], datetime | None] = {}
        self._clocks: dict[UUID, tuple[list[int], int | None]] = {}

    def taken_at(self, device_id: UUID, batch: Batch) -> datetime:
        """Return when a batch was taken, by our clock as far as that is known.

        During its session, for no device moves then; else as a status of the same start tells.
        """
        started_at = self._session_started(device_id, batch.session_id)
        return started_at or batch.t0 + timedelta(milliseconds=self._behind_ms(device_id, batch))

    def _session_started(self, device_id: UUID, session_id: UUID | None) -> datetime | None:
        if session_id is None:
            return None
        name = device_id, session_id
        if name not in self._started:
            known = sessions.several(self._tx, [session_id]).get(session_id)
            mine = known is not None and known["device_id"] == device_id
            self._started[name] = known["started_at"] if known and mine else None
        return self._started[name]

    def _behind_ms(self, device_id: UUID, batch: Batch) -> int:
        if device_id not in self._clocks:
            told = store.offsets(self._tx, device_id), store.started_ms(self._tx, device_id)
            self._clocks[device_id] = told
        offsets, said_ms = self._clocks[device_id]
        return rules.behind_ms(offsets, said_ms, milliseconds(batch.t0) - batch.uptime_ms)
