"""What a clinic offers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.booking.domain import treatments as rules
from services.booking.domain.treatments import TreatmentUnknown
from services.booking.store import treatments as store
from services.booking.usecases import clinics, disruptions
from shared.db import Transaction

# What a treatment asks of practitioner, room and device: those of appointments may not suffice now.
_NEEDS = frozenset(
    {"room_kind", "needs_device", "area", "depth_um", "credentials", "device_models"}
)


def add(tx: Transaction, clinic_id: UUID, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Offer a treatment with its `id`.

    Raises ClinicUnknown, IndicationNotOffered, IntervalTooShort, PriceIncomplete or ZoneNotOffered.
    """
    clinics.find(tx, clinic_id)
    wanted = {"zone_minutes": [], "device_models": [], **wanted}
    _check(wanted)
    group = wanted["recovery_group"] or wanted["area"]
    store.insert(tx, {**wanted, "clinic_id": clinic_id, "recovery_group": group})
    return find(tx, clinic_id, wanted["id"])


def change(
    tx: Transaction, current: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Change what `changes` names of a treatment that `find` locked.  Raises as `add`."""
    changed = {**current, **changes}
    _check(changed)
    store.update(tx, changed)
    if changes.keys() & _NEEDS:
        disruptions.look_again(tx, current["clinic_id"])
    return find(tx, current["clinic_id"], current["id"])


def find(
    tx: Transaction, clinic_id: UUID, treatment_id: UUID, *, lock: bool = False
) -> dict[str, Any]:
    """Return a treatment.  Raises TreatmentUnknown."""
    found = store.find(tx, clinic_id, treatment_id, lock=lock)
    if found is None:
        raise TreatmentUnknown("The clinic does not offer this treatment.")
    return found


def page(tx: Transaction, clinic_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a clinic offers, by name."""
    return store.page(tx, clinic_id, binds)


def _check(wanted: Mapping[str, Any]) -> None:
    rules.check_zones(wanted["zone_minutes"])
    rules.check(
        wanted["indication"], wanted["interval_days"], wanted["price_minor"], wanted["currency"]
    )
