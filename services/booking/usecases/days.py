"""What each date is at a clinic, and the exceptions that make it so."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain import days as rules
from services.booking.domain import hours as hour_rules
from services.booking.domain import local_time, public_holidays
from services.booking.domain.days import Calendar, Day, DayTaken, DayUnknown, Exceptional, Stretch
from services.booking.store import days as store
from services.booking.store import hours
from services.booking.usecases import clinics, disruptions
from shared.db import Transaction


def calendar(tx: Transaction, clinic_id: UUID, first: date, last: date) -> Calendar:
    """Return when a clinic is open on the dates from `first` to `last`.  Raises ClinicUnknown."""
    clinic = clinics.find(tx, clinic_id)
    return Calendar(
        hours.opening(tx, [clinic_id]).get(clinic_id, ()),
        tuple(_exceptional(each) for each in store.between(tx, clinic_id, first, last)),
        clinic["jurisdiction"],
        clinic["closed_on_holidays"],
    )


def listing(tx: Transaction, clinic_id: UUID, first: date, last: date) -> dict[str, Any]:
    """Return what each date from `first` to `last` is, and whose holidays count.

    Raises ClinicUnknown.
    """
    clinic = clinics.find(tx, clinic_id)
    found = calendar(tx, clinic_id, first, last)
    exceptions = {each["day"]: each for each in store.between(tx, clinic_id, first, last)}
    dates = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return {
        "time_zone": clinic["time_zone"],
        "closed_on_holidays": clinic["closed_on_holidays"],
        "holidays_of": public_holidays.known_as(clinic["jurisdiction"]),
        "days": [_shown(each, exceptions.get(each.day)) for each in found.days(dates)],
    }


def add(
    tx: Transaction, clinic_id: UUID, wanted: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Give a date other hours, as typed, or none; `wanted` has an `id`.

    Raises ClinicUnknown, HoursWrong, DayOutOfReach or DayTaken.
    """
    clinic = clinics.find(tx, clinic_id, lock=True)
    _require_plannable(wanted["day"], clinic, now)
    exception = {**wanted, "clinic_id": clinic_id, "hours": typed(wanted["hours"])}
    if not store.insert(tx, exception):
        day = local_time.date_sentence(wanted["day"])
        raise DayTaken(f"{day} has an exception already. Change that one instead.")
    disruptions.look_again(tx, clinic_id)
    return find(tx, clinic_id, wanted["id"])


def change(
    tx: Transaction, current: Mapping[str, Any], changes: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Change hours or reason of an exception that `find` locked.

    Raises HoursWrong or DayOutOfReach.
    """
    require_plannable(tx, current["clinic_id"], current["day"], now)
    store.update(tx, {**current, **changes, "hours": typed(changes.get("hours", current["hours"]))})
    disruptions.look_again(tx, current["clinic_id"])
    return find(tx, current["clinic_id"], current["id"])


def remove(tx: Transaction, current: Mapping[str, Any], *, now: datetime) -> None:
    """Make the date of an exception that `find` locked as usual.  Raises DayOutOfReach."""
    require_plannable(tx, current["clinic_id"], current["day"], now)
    store.forget(tx, current["clinic_id"], current["id"])
    disruptions.look_again(tx, current["clinic_id"])


def find(
    tx: Transaction, clinic_id: UUID, exception_id: UUID, *, lock: bool = False
) -> dict[str, Any]:
    """Return an exception with its hours as typed.  Raises DayUnknown."""
    found = store.find(tx, clinic_id, exception_id, lock=lock)
    if found is None:
        raise DayUnknown("There is no such exception at this clinic.")
    return {**found, "hours": entries(found["hours"])}


def require_plannable(tx: Transaction, clinic_id: UUID, day: date, now: datetime) -> None:
    """Raise DayOutOfReach for a date that is over at a clinic, or years ahead."""
    _require_plannable(day, clinics.find(tx, clinic_id), now)


def require_near(tx: Transaction, clinic_id: UUID, day: date, now: datetime) -> None:
    """Raise DayOutOfReach for a date that is years ahead at a clinic."""
    rules.require_near(day, _today(clinics.find(tx, clinic_id), now))


def pairs(stored: Sequence[Sequence[int]]) -> tuple[Stretch, ...]:
    """Return the hours of a date, in minutes after local midnight."""
    return tuple((opens, closes) for opens, closes in stored)


def typed(entered: Sequence[Mapping[str, str]]) -> tuple[Stretch, ...]:
    """Return the hours of a date as typed, `{opens: "09:00", closes}`.  Raises HoursWrong."""
    return rules.stretches((each["opens"], each["closes"]) for each in entered)


def entries(stretches: Sequence[Sequence[int]]) -> list[dict[str, str]]:
    """Return the hours of a date as people type them."""
    return [
        {"opens": hour_rules.clock(opens), "closes": hour_rules.clock(closes)}
        for opens, closes in stretches
    ]


def _require_plannable(day: date, clinic: Mapping[str, Any], now: datetime) -> None:
    rules.require_plannable(day, _today(clinic, now))


def _today(clinic: Mapping[str, Any], now: datetime) -> date:
    return now.astimezone(ZoneInfo(clinic["time_zone"])).date()


def _exceptional(row: Mapping[str, Any]) -> Exceptional:
    return Exceptional(row["day"], pairs(row["hours"]), row["reason"])


def _shown(day: Day, exception: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "day": day.day,
        "hours": entries(day.hours),
        "holiday": day.holiday,
        "exception": exception,
    }
