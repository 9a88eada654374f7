"""Who treats at a clinic, with which credential, and when they work."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.booking.store import clinics as clinics_store
from services.booking.store import practitioners as store
from services.booking.store import resources, staff_members
from services.booking.usecases import announcements, clinics, disruptions, rotas
from shared.db import Transaction
from shared.errors import Conflict, NotFound, Rejected


class PractitionerUnknown(NotFound):
    """Nobody of this id practises here."""

    type = "practitioner-unknown"
    title = "There is no such practitioner"


class NotStaffHere(Rejected):
    """The person is employed at another clinic only, or no longer."""

    type = "not-staff-here"
    title = "This person does not work at this clinic"


class PractisesAlready(Conflict):
    """The person is a practitioner of this clinic already."""

    type = "practises-already"
    title = "This person practises here already"


def add(
    tx: Transaction, clinic_id: UUID, wanted: Mapping[str, Any], *, rota_id: UUID
) -> dict[str, Any]:
    """Let the staff member `practitioner_id` treat at a clinic; hours as typed.

    The hours become the rota `rota_id`.
    Raises ClinicUnknown, PractitionerUnknown, NotStaffHere, PractisesAlready or HoursWrong.
    """
    person = wanted["practitioner_id"]
    clinics.find(tx, clinic_id, lock=True)
    resources.remember(tx, person, "practitioner")
    if not resources.is_a(tx, "practitioner", person):
        # who could book a room or a client as a person could block another clinic's
        raise PractitionerUnknown("There is no such member of staff.")
    _require_staff(tx, person, clinic_id)
    if not store.insert(tx, {**wanted, "id": person, "clinic_id": clinic_id}):
        raise PractisesAlready("This person practises here already. Change the entry instead.")
    added = {"id": person, "clinic_id": clinic_id}
    rotas.set_standing(tx, added, clinics.week(wanted["hours"]), rota_id)
    return _announced(tx, clinic_id, person)


def change(
    tx: Transaction, current: Mapping[str, Any], changes: Mapping[str, Any], *, rota_id: UUID
) -> dict[str, Any]:
    """Change what `changes` names of a practitioner that `find` locked.

    Hours become the rota `rota_id` where none is without end.  Raises HoursWrong, or NotStaffHere
    when somebody shall practise again who is elsewhere now.
    """
    if changes.get("active"):
        _require_staff(tx, current["id"], current["clinic_id"])
    if "hours" in changes:
        rotas.set_standing(tx, current, clinics.week(changes["hours"]), rota_id)
    return _changed(tx, current, changes)


def find(
    tx: Transaction, clinic_id: UUID, practitioner_id: UUID, *, lock: bool = False
) -> dict[str, Any]:
    """Return a practitioner with the hours as typed.  Raises PractitionerUnknown."""
    found = store.find(tx, clinic_id, practitioner_id, lock=lock)
    if found is None:
        raise PractitionerUnknown("There is no such practitioner at this clinic.")
    return _with_hours(tx, clinic_id, [found])[0]


def page(tx: Transaction, clinic_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's practitioners by name, with their hours as typed."""
    return _with_hours(tx, clinic_id, store.page(tx, clinic_id, binds))


def staff_changed(
    tx: Transaction, staff_id: UUID, clinic_ids: Sequence[UUID] | None, *, active: bool
) -> None:
    """End the practice of somebody who left, or who no longer works at a clinic.

    `clinic_ids` None: every clinic.  Starting to practise is a manager's decision, never automatic.
    """
    staff_members.remember(tx, staff_id, clinic_ids, active=active)
    for current in store.active_at(tx, staff_id):
        works_here = clinic_ids is None or current["clinic_id"] in clinic_ids
        if not active or not works_here:
            _changed(tx, current, {"active": False})


def _require_staff(tx: Transaction, person: UUID, clinic_id: UUID) -> None:
    """Raise NotStaffHere for somebody identity told of, who is not employed at this clinic.

    Whoever it has not told of may be employed a moment ago; who is nobody treats nobody.
    """
    if staff_members.is_elsewhere(tx, person, clinic_id):
        raise NotStaffHere(
            "This person is not staff of this clinic. Ask headquarters to add them first."
        )


def _changed(
    tx: Transaction, current: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
    store.update(tx, {**current, **changes})
    disruptions.look_again(tx, current["clinic_id"], resource_id=current["id"])
    return _announced(tx, current["clinic_id"], current["id"])


def _announced(tx: Transaction, clinic_id: UUID, practitioner_id: UUID) -> dict[str, Any]:
    found = find(tx, clinic_id, practitioner_id)
    announcements.practitioner(tx, found)
    clinic = clinics_store.find(tx, clinic_id)
    if clinic is not None:
        announcements.clinic(tx, clinic)  # its daily capacity follows
    return found


def _with_hours(
    tx: Transaction, clinic_id: UUID, found: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    weeks = rotas.standing_hours(tx, clinic_id)
    return [{**each, "hours": clinics.entries(weeks.get(each["id"], ()))} for each in found]
