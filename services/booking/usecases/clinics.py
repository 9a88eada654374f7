"""Opening clinics and changing their facts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain import hours as rules
from services.booking.domain import local_time
from services.booking.domain.hours import Hours
from services.booking.store import clinics as store
from services.booking.store import hours
from services.booking.usecases import announcements, disruptions
from shared.db import Transaction
from shared.errors import Forbidden, NotFound

OF_HEADQUARTERS = {
    "name": "name",
    "time_zone": "time zone",
    "jurisdiction": "jurisdiction",
    "active": "opening and closing for bookings",
}
_DECIDES_WHEN = frozenset({"hours", "active", "time_zone", "jurisdiction", "closed_on_holidays"})


class ForHeadquarters(Forbidden):
    """A fact of the clinic that headquarters keeps."""

    type = "for-headquarters"
    title = "Headquarters changes this"


class ClinicUnknown(NotFound):
    """There is no such clinic, or it is another's."""

    type = "clinic-unknown"
    title = "There is no such clinic"


def week(entries: Sequence[Mapping[str, Any]]) -> tuple[Hours, ...]:
    """Return hours as typed, `{weekday, opens: "09:00", closes}`, in order.  Raises HoursWrong."""
    return rules.week(
        Hours(each["weekday"], rules.minute(each["opens"]), rules.minute(each["closes"]))
        for each in entries
    )


def entries(stretches: Sequence[Hours]) -> list[dict[str, Any]]:
    """Return hours as people type them."""
    return [
        {
            "weekday": each.weekday,
            "opens": rules.clock(each.opens),
            "closes": rules.clock(each.closes),
        }
        for each in stretches
    ]


def open_clinic(tx: Transaction, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Add a clinic with its `id` and hours as typed, and announce it.  Raises HoursWrong."""
    opening = week(wanted["hours"])
    store.insert(tx, wanted)
    hours.set_opening(tx, wanted["id"], opening)
    found = find(tx, wanted["id"])
    announcements.clinic(tx, found)
    return found


def change(
    tx: Transaction, current: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Change what `changes` names of a clinic that `find` locked.  Raises HoursWrong."""
    store.update(tx, {**current, **changes})
    if "hours" in changes:
        hours.set_opening(tx, current["id"], week(changes["hours"]))
    if changes.keys() & _DECIDES_WHEN:
        disruptions.look_again(tx, current["id"])
    found = find(tx, current["id"])
    announcements.clinic(tx, found)
    return found


def require_own(changes: Iterable[str]) -> None:
    """Raise ForHeadquarters when `changes` name what a manager does not decide."""
    named = [words for name, words in OF_HEADQUARTERS.items() if name in changes]
    if named:
        raise ForHeadquarters(f"Ask headquarters to change this: {', '.join(named)}.")


def find(tx: Transaction, clinic_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """Return a clinic with its hours as typed.  Raises ClinicUnknown."""
    found = store.find(tx, clinic_id, lock=lock)
    if found is None:
        raise ClinicUnknown("There is no such clinic.")
    return _with_hours(tx, [found])[0]


def page(tx: Transaction, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the caller's clinics by name, with their hours as typed."""
    return _with_hours(tx, store.page(tx, binds))


def typed(tx: Transaction, clinic_id: UUID, wall: datetime) -> datetime:
    """Return the moment of a wall time typed at a clinic.

    Raises TimeDoesNotExist or ClinicUnknown.
    """
    return local_time.typed(wall, _zone(tx, clinic_id))


def span(
    tx: Transaction, clinic_id: UUID, first: date | datetime, last: date | datetime
) -> tuple[datetime, datetime]:
    """Return from when until when, in UTC; days are the clinic's.  Raises ClinicUnknown."""
    if isinstance(first, datetime) and isinstance(last, datetime):
        return first, last
    return local_time.span(first, last, _zone(tx, clinic_id))


def _zone(tx: Transaction, clinic_id: UUID) -> ZoneInfo:
    found = store.find(tx, clinic_id)
    if found is None:
        raise ClinicUnknown("There is no such clinic.")
    return ZoneInfo(found["time_zone"])


def _with_hours(tx: Transaction, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    weeks = hours.opening(tx, [each["id"] for each in found])
    return [{**each, "hours": entries(weeks.get(each["id"], ()))} for each in found]
