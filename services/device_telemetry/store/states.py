"""What devices last said of themselves, and which of them went silent."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.device_telemetry.domain.words import GRACE
from shared.db import Transaction, queries

SQL = queries(__file__)


@dataclass(frozen=True, slots=True)
class State:
    """A status of a device that is on line; `said_at` is the device's clock."""

    device_id: UUID
    clinic_id: UUID
    said_at: datetime
    uptime_ms: int | None
    battery_permille: int | None
    firmware: str | None
    cartridge_lot: str | None
    cartridge_serial: str | None
    connection: int | None = None  # the device's own number of its connection
    calibrated_on: date | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What the youngest status of a device tells beside its facts."""

    connected_anew: bool  # since the status before, as far as the device numbers its connections


def heard(tx: Transaction, state: State, now: datetime) -> News | None:
    """Note a status, and return what is new in it; None when a younger one is known."""
    row = tx.one(SQL["heard"], asdict(state) | {"online": True, "now": now})
    return News(connected_anew=state.connection != row["connection_before"]) if row else None


def gone(tx: Transaction, device_id: UUID) -> bool:
    """Note that a device is off line.  Return whether it was on line before."""
    return tx.one(SQL["gone"], {"device_id": device_id}) is not None


def will(tx: Transaction, device_id: UUID, connection: int | None, now: datetime) -> None:
    """Note a last will, unless it is of an earlier connection than the one last heard on."""
    facts = {"device_id": device_id, "connection": connection, "now": now, "young": now - GRACE}
    tx.run(SQL["will"], facts)


def spoke(tx: Transaction, device_ids: Collection[UUID], now: datetime) -> None:
    """Note that devices said something just now: they are on line."""
    tx.run(SQL["spoke"], {"device_ids": sorted(device_ids), "now": now})


def seen(tx: Transaction, device_ids: Collection[UUID], now: datetime) -> None:
    """Note a sign of life of each device."""
    tx.run(SQL["seen"], {"device_ids": sorted(device_ids), "now": now})


def gone_away(tx: Transaction, *, silent_since: datetime, left_since: datetime) -> list[UUID]:
    """Return devices that count as on line and left before, or were last heard before a moment."""
    since = {"silent_since": silent_since, "left_since": left_since}
    return [row["device_id"] for row in tx.all(SQL["gone_away"], since)]


def sending(tx: Transaction, since: datetime) -> list[UUID]:
    """Return devices that count as away, or are about to, and whose readings are from after."""
    return [row["device_id"] for row in tx.all(SQL["sending"], {"since": since})]


def back(tx: Transaction, device_ids: Collection[UUID]) -> None:
    """Note that devices are on line again."""
    tx.run(SQL["back"], {"device_ids": sorted(device_ids)})


def silent_in_session(
    tx: Transaction,
    *,
    now: datetime,
    needling_since: datetime,
    idle_since: datetime,
    rests: timedelta,
) -> list[dict[str, Any]]:
    """Return device_id, clinic_id, session_id and last_at of devices that should be talking.

    Whose readings showed no needling for as long as `rests` needles no more.
    """
    since = {
        "now": now,
        "needling_since": needling_since,
        "idle_since": idle_since,
        "rests": rests,
    }
    return tx.all(SQL["silent_in_session"], since)


def heard_again(tx: Transaction) -> list[UUID]:
    """Return the devices whose `silent` alarm has ended."""
    return [row["device_id"] for row in tx.all(SQL["heard_again"])]
