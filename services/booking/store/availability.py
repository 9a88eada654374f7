"""All that decides about a time, read in one trip."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain.days import Exceptional
from services.booking.domain.hours import Hours
from services.booking.domain.policies import Policy, Terms
from services.booking.domain.rotas import Absence, Rota, Schedule
from services.booking.domain.situation import (
    Busy,
    Client,
    Clinic,
    Device,
    Practitioner,
    Recovery,
    Room,
    Screening,
    Situation,
    Treatment,
)
from services.booking.store import policies
from shared.db import Prepared, Transaction, queries

SQL = queries(__file__)
_SITUATION = Prepared.of(SQL["situation"])
_id = lru_cache(maxsize=20_000)(UUID)  # the same rooms and people, thousands of times a day
NEVER = Schedule()  # somebody without a rota


@dataclass(frozen=True, slots=True)
class Question:
    """Which starts, in [starts_from, starts_until), of what, for whom, by whom."""

    clinic_id: UUID
    treatment_id: UUID
    starts_from: datetime
    starts_until: datetime
    practitioner_id: UUID | None = None
    client_id: UUID | None = None
    except_id: UUID | None = None  # the appointment that moves
    agreed_at: datetime | None = None  # when a hold promised the place
    besides: tuple[UUID, ...] = ()  # what moves together with it
    zones: tuple[str, ...] | None = None  # None: those of the appointment that moves, if any
    waived: frozenset[str] = frozenset()  # reasons that do not count for an imported appointment


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found; None and False where the clinic has no such thing."""

    situation: Situation | None
    clinic_active: bool
    treatment_active: bool
    client_active: bool
    practitioner_known: bool
    indication: str


def situation(tx: Transaction, question: Question, now: datetime) -> Answer:
    """Return everything about the starts in question; a situation of None lacks the treatment."""
    row = tx.one(_SITUATION, {**_values(question), "now": now})
    if row is None or row["clinic"] is None or row["treatment"] is None:
        return Answer(None, False, False, False, False, "")  # noqa: FBT003 # nothing is there
    return Answer(
        situation=_situation(row, question, now),
        clinic_active=row["clinic"]["active"],
        treatment_active=row["treatment"]["active"],
        client_active=bool(row["client"] and row["client"]["active"]),
        practitioner_known=bool(row["practitioners"]),
        indication=row["treatment"]["indication"],
    )


def _values(question: Question) -> dict[str, Any]:
    values = {name: getattr(question, name) for name in question.__slots__}
    zones = None if question.zones is None else list(question.zones)
    return {**values, "besides": list(question.besides), "zones": zones}


def _situation(row: Mapping[str, Any], question: Question, now: datetime) -> Situation:
    busy: dict[UUID, Busy] = {
        _id(each): tuple(zip(*spans, strict=True)) for each, spans in (row["busy"] or {}).items()
    }
    schedules = _schedules(row)
    return Situation(
        clinic=_clinic(row["clinic"], row["opening"], row["exceptions"]),
        treatment=_treatment(row["treatment"]).of(row["zones"]),
        practitioners=tuple(
            _practitioner(each, schedules, busy) for each in row["practitioners"] or ()
        ),
        rooms=tuple(_room(each, busy) for each in row["rooms"] or ()),
        devices=tuple(_device(each, busy) for each in row["devices"] or ()),
        starts_from=question.starts_from,
        starts_until=question.starts_until,
        now=now,
        client=_client(row, busy),
        screening=_screening(row["screening"]),
        chosen=question.practitioner_id is not None,
        agreed_at=question.agreed_at,
        terms=_terms(row),
    )


def _terms(row: Mapping[str, Any]) -> Terms:
    """Return the clinic's policy and the treatment's price of now."""
    treatment = row["treatment"]
    price = policies.price_of(treatment["price_minor"], treatment["currency"])
    return Terms(policies.policy_of(row["policy"]) if row["policy"] else Policy(), price)


def _schedules(row: Mapping[str, Any]) -> Mapping[str, Schedule]:
    """Return when each practitioner works, by id as text."""
    found: defaultdict[str, tuple[list[Any], list[Any], list[Any]]] = defaultdict(
        lambda: ([], [], [])
    )
    for each in row["rotas"] or ():
        found[each["practitioner_id"]][0].append(_rota(each))
    for each in row["shifts"] or ():
        found[each["practitioner_id"]][1].append(_exceptional(each))
    for each in row["absences"] or ():
        absence = Absence(_day(each["first_day"]), _day(each["last_day"]))
        found[each["practitioner_id"]][2].append(absence)
    return {
        person: Schedule(tuple(rotas), tuple(exceptions), tuple(absences))
        for person, (rotas, exceptions, absences) in found.items()
    }


def _rota(row: Mapping[str, Any]) -> Rota:
    begins, ends = row["valid_from"], row["valid_until"]
    return Rota(
        _day(begins) if begins else None,
        _day(ends) if ends else None,
        row["every_weeks"],
        tuple((week, Hours(weekday, a, b)) for week, weekday, a, b in row["hours"]),
    )


def _hours(row: Mapping[str, Any]) -> Hours:
    return Hours(row["weekday"], row["opens_minute"], row["closes_minute"])


def _clinic(
    row: Mapping[str, Any],
    opening: list[dict[str, Any]] | None,
    exceptions: list[dict[str, Any]] | None,
) -> Clinic:
    return Clinic(
        id=UUID(row["id"]),
        zone=ZoneInfo(row["time_zone"]),
        hours=tuple(_hours(each) for each in opening or ()),
        step_minutes=row["step_minutes"],
        lead_minutes=row["lead_minutes"],
        horizon_days=row["horizon_days"],
        screening_first=row["screening_first"],
        exceptions=tuple(_exceptional(each) for each in exceptions or ()),
        jurisdiction=row["jurisdiction"],
        closed_on_holidays=row["closed_on_holidays"],
    )


def _exceptional(row: Mapping[str, Any]) -> Exceptional:
    hours = tuple((opens, closes) for opens, closes in row["hours"])
    return Exceptional(_day(row["day"]), hours, row.get("reason"))


def _treatment(row: Mapping[str, Any]) -> Treatment:
    return Treatment(
        id=UUID(row["id"]),
        name=row["name"],
        duration_minutes=row["duration_minutes"],
        buffer_before_minutes=row["buffer_before_minutes"],
        buffer_after_minutes=row["buffer_after_minutes"],
        room_kind=row["room_kind"],
        needs_device=row["needs_device"],
        interval_days=row["interval_days"],
        recovery_group=row["recovery_group"],
        area=row["area"],
        depth_um=row["depth_um"],
        credentials=frozenset(row["credentials"]),
        zone_minutes=tuple((each["zone"], each["minutes"]) for each in row["zone_minutes"]),
        device_models=frozenset(row["device_models"]),
    )


def _practitioner(
    row: Mapping[str, Any], schedules: Mapping[str, Schedule], busy: Mapping[UUID, Busy]
) -> Practitioner:
    person, until = _id(row["id"]), row["valid_until"]
    return Practitioner(
        id=person,
        name=row["name"],
        credential=row["credential"],
        max_depth_face_um=row["max_depth_face_um"],
        max_depth_body_um=row["max_depth_body_um"],
        valid_until=date.fromisoformat(until) if until else None,
        schedule=schedules.get(row["id"], NEVER),
        busy=busy.get(person, ()),
    )


def _room(row: Mapping[str, Any], busy: Mapping[UUID, Busy]) -> Room:
    room = _id(row["id"])
    return Room(room, row["name"], row["turnover_minutes"], busy.get(room, ()))


def _device(row: Mapping[str, Any], busy: Mapping[UUID, Busy]) -> Device:
    device, status = _id(row["id"]), row["status"]
    fit = row["fit"] and status != "retired"
    offline, taken = status == "offline", busy.get(device, ())
    return Device(device, row["name"], fit, offline, taken, row["model"])


def _client(row: Mapping[str, Any], busy: Mapping[UUID, Busy]) -> Client | None:
    if row["client"] is None:
        return None
    client = UUID(row["client"]["id"])
    recoveries = tuple(
        Recovery(_moment(start), _moment(end)) for start, end in row["recoveries"] or ()
    )
    return Client(client, busy.get(client, ()), recoveries)


def _screening(found: Mapping[str, Any] | None) -> Screening | None:
    if found is None:
        return None
    until = found["not_before"]
    return Screening(found["outcome"], None if until is None else _moment(until))


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _moment(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
