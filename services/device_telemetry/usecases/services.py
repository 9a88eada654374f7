"""Services: what the maker's workshop did, and when the device is due there again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.device_telemetry.domain import devices as rules
from services.device_telemetry.domain.devices import Service
from services.device_telemetry.store import devices as device_store
from services.device_telemetry.store import services as store
from services.device_telemetry.usecases import devices
from shared.db import Transaction


def note(
    tx: Transaction,
    device_id: UUID,
    done: Mapping[str, Any],
    *,
    service_id: UUID,
    by: UUID,
    now: datetime,
) -> dict[str, Any]:
    """Note a service; `done` holds the fields of NewService.  Return the device.

    The youngest service says when the next one is due, also when an older one is entered late.
    Raises DeviceUnknown, DeviceRetired, ServiceImpossible.
    """
    device = devices.in_use(tx, device_id)
    service = Service(done["serviced_on"], done["due_on"])
    rules.require_done(service, devices.today_of(device, now))
    row = {"id": service_id, "device_id": device_id, "clinic_id": device.clinic_id}
    store.insert(tx, {**done, **row, "by": by, "now": now})
    last = device.service.serviced_on
    if last is None or done["serviced_on"] >= last:
        devices.by_hand(tx, device, now, service=service)
    return device_store.find(tx, device_id, now)
