"""The rotas of practitioners, and what each of their dates is."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.booking.domain import hours as hour_rules
from services.booking.domain import rotas as rules
from services.booking.domain.days import Exceptional
from services.booking.domain.hours import Hours
from services.booking.domain.rotas import Absence, Rota, RotaUnknown, Schedule
from services.booking.store import absences, practitioner_days, practitioners
from services.booking.store import clinics as clinics_store
from services.booking.store import rotas as store
from services.booking.usecases import announcements, days, disruptions
from shared.db import Transaction

_FACTS = ("valid_from", "valid_until", "every_weeks", "hours")


def schedule(
    tx: Transaction, clinic_id: UUID, practitioner_id: UUID, first: date, last: date
) -> Schedule:
    """Return when a practitioner works at a clinic on the dates from `first` to `last`."""
    exceptions = practitioner_days.between(tx, clinic_id, practitioner_id, first, last)
    away = absences.between(tx, practitioner_id, first, last)
    return Schedule(
        tuple(_rota(each) for each in store.of(tx, clinic_id, practitioner_id)),
        tuple(Exceptional(each["day"], days.pairs(each["hours"])) for each in exceptions),
        tuple(Absence(each["first_day"], each["last_day"]) for each in away),
    )


def listing(
    tx: Transaction, clinic_id: UUID, practitioner_id: UUID, first: date, last: date
) -> list[dict[str, Any]]:
    """Return what each of a practitioner's dates at a clinic is, from `first` to `last`."""
    found = schedule(tx, clinic_id, practitioner_id, first, last)
    known = practitioner_days.between(tx, clinic_id, practitioner_id, first, last)
    exceptions = {each["day"]: each for each in known}
    dates = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [
        {
            "day": each.day,
            "hours": days.entries(each.hours),
            "away": each.away,
            "exception": exceptions.get(each.day),
        }
        for each in found.days(dates)
    ]


def page(
    tx: Transaction, clinic_id: UUID, practitioner_id: UUID, binds: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return a practitioner's rotas by when they begin, with hours as typed."""
    return [_shown(each) for each in store.page(tx, clinic_id, practitioner_id, binds)]


def find(tx: Transaction, clinic_id: UUID, practitioner_id: UUID, rota_id: UUID) -> dict[str, Any]:
    """Return a rota with its hours as typed.  Raises RotaUnknown."""
    for each in store.of(tx, clinic_id, practitioner_id):
        if each["id"] == rota_id:
            return _shown(each)
    raise RotaUnknown("This practitioner has no such rota.")


def like(
    tx: Transaction, person: Mapping[str, Any], facts: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the practitioner's rota with the same valid_from, valid_until and every_weeks."""
    for each in store.of(tx, person["clinic_id"], person["id"]):
        if all(each[name] == facts[name] for name in ("valid_from", "valid_until", "every_weeks")):
            return _shown(each)
    return None


def add(
    tx: Transaction, person: Mapping[str, Any], wanted: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Give a practitioner, whom `practitioners.find` locked, a rota with its `id`.

    Hours as typed, `{week, weekday, opens, closes}`.  Raises RotaWrong, RotasOverlap, HoursWrong,
    or DayOutOfReach for one that begins years ahead.
    """
    rota = _checked(tx, person, wanted, now)
    store.insert(tx, rota)
    tell(tx, person)
    return find(tx, person["clinic_id"], person["id"], wanted["id"])


def change(
    tx: Transaction,
    person: Mapping[str, Any],
    current: Mapping[str, Any],
    changes: Mapping[str, Any],
    *,
    now: datetime,
) -> dict[str, Any]:
    """Change what `changes` names of a rota; `person` is locked.  Raises as `add`."""
    store.update(tx, _checked(tx, person, {**current, **changes}, now))
    tell(tx, person)
    return find(tx, person["clinic_id"], person["id"], current["id"])


def remove(tx: Transaction, person: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    """End a rota as if it had never been; `person` is locked."""
    store.forget(tx, person["clinic_id"], current["id"])
    tell(tx, person)


def set_standing(
    tx: Transaction, person: Mapping[str, Any], week: Sequence[Hours], rota_id: UUID
) -> None:
    """Let a practitioner work a week without end: the rota that has none, or one after the others.

    `person` is locked, or was added just now; `rota_id` is for a rota that must be made.
    """
    known = store.of(tx, person["clinic_id"], person["id"])
    hours = tuple((1, each) for each in week)
    standing = next((each for each in known if each["valid_until"] is None), None)
    if standing:
        store.update(tx, {**standing, "every_weeks": 1, "hours": hours})
        return
    last = max((each["valid_until"] for each in known), default=None)
    rota = {
        "id": rota_id,
        "clinic_id": person["clinic_id"],
        "practitioner_id": person["id"],
        "valid_from": last and last + timedelta(days=1),
        "valid_until": None,
        "every_weeks": 1,
        "hours": hours,
    }
    store.insert(tx, rota)


def standing_hours(tx: Transaction, clinic_id: UUID) -> dict[UUID, tuple[Hours, ...]]:
    """Return each practitioner's first week of the rota without end."""
    return {
        person: tuple(each for week, each in rota.hours if week == 1)
        for person, rota in store.standing(tx, clinic_id).items()
    }


def tell(tx: Transaction, person: Mapping[str, Any]) -> None:
    """Look at the appointments of a practitioner whose hours changed, and announce the clinic.

    The practitioner's own page shows those hours, so an older copy of it is none of this version.
    """
    practitioners.touch(tx, person["clinic_id"], person["id"])
    disruptions.look_again(tx, person["clinic_id"], resource_id=person["id"])
    clinic = clinics_store.find(tx, person["clinic_id"])
    if clinic is not None:
        announcements.clinic(tx, clinic)  # its daily capacity follows


def _checked(
    tx: Transaction, person: Mapping[str, Any], wanted: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    hours = rules.weeks(wanted["every_weeks"], [_typed(each) for each in wanted["hours"]])
    facts = {**wanted, "hours": hours}
    known = store.of(tx, person["clinic_id"], person["id"])
    others = [_rota(each) for each in known if each["id"] != wanted["id"]]
    rules.check(_rota(facts), others, person["name"])
    if wanted["valid_from"]:
        days.require_near(tx, person["clinic_id"], wanted["valid_from"], now)
    return {**facts, "clinic_id": person["clinic_id"], "practitioner_id": person["id"]}


def _rota(row: Mapping[str, Any]) -> Rota:
    return Rota(*(row[name] for name in _FACTS))


def _typed(entry: Mapping[str, Any]) -> tuple[int, Hours]:
    opens, closes = hour_rules.minute(entry["opens"]), hour_rules.minute(entry["closes"])
    return entry["week"], Hours(entry["weekday"], opens, closes)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    hours = [
        {
            "week": week,
            "weekday": each.weekday,
            "opens": hour_rules.clock(each.opens),
            "closes": hour_rules.clock(each.closes),
        }
        for week, each in row["hours"]
    ]
    return {**row, "hours": hours}
