"""When a treatment can begin, and why not: one function behind listing and booking.

`Board` turns a situation into one integer a fact (see bits): bit n says something of the start at
minute n.  What nothing refuses is possible; listing reads all bits, booking reads one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from services.booking.domain import bits, local_time
from services.booking.domain.days import Stretch
from services.booking.domain.hours import DAY
from services.booking.domain.rotas import Schedule
from services.booking.domain.situation import Busy, Device, Practitioner, Room, Situation

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
OFFLINE_WITHDRAWS = timedelta(
    hours=2
)  # a pen that sleeps in its drawer tonight is bookable tomorrow


@dataclass(frozen=True, slots=True)
class Place:
    """Who treats, where and with what."""

    practitioner: Practitioner
    room: Room
    device: Device | None


class Board:
    """The starts of one situation.  `refusals` maps a reason to its starts, gravest first."""

    def __init__(self, situation: Situation, *, explains: bool = True) -> None:
        """Work everything out; a month of twenty practitioners takes some milliseconds.

        Who only asks what is possible says `explains=False`: rooms and devices are then looked at
        until every start that nothing else refuses has one, and no further.
        """
        self.situation = situation
        self._explains = explains
        treatment = situation.treatment
        self._before = treatment.buffer_before_minutes
        self._occupied = self._before + treatment.duration_minutes + treatment.buffer_after_minutes
        self._origin = minute(situation.starts_from) - self._before
        starts = minute_up(situation.starts_until) - minute(situation.starts_from)
        turnover = max((room.turnover_minutes for room in situation.rooms), default=0)
        self._size = starts + self._occupied + turnover
        self._all = bits.span(0, self._size)
        self._days = self._local_days()
        self._shifts: dict[Schedule, tuple[int, int]] = {}
        self._wanted = bits.span(self._before, self._before + starts)
        self._practitioners = [(each, self._practitioner(each)) for each in situation.practitioners]
        self._free_at: dict[UUID, int] = {}  # of rooms and devices, once somebody asks
        models = treatment.device_models
        self._suited = [each for each in situation.devices if not models or each.model in models]
        self._calendar = situation.clinic.calendar.days(self._days)
        self._open = self._fits((each.day, each.hours) for each in self._calendar)
        self._changed, self._lost = self._changes()
        self._grid = self._steps()
        self.refusals = self._refused()
        self.possible = self._wanted & ~_any(self.refusals.values())

    def times(self) -> list[dict[str, Any]]:
        """Return each possible start with its end and the practitioners who are free."""
        found: dict[int, list[UUID]] = {n: [] for n in bits.positions(self.possible)}
        for practitioner, free in self._practitioners:
            for n in bits.positions(free & self.possible):
                found[n].append(practitioner.id)
        length = timedelta(minutes=self.situation.treatment.duration_minutes)
        return [
            {"starts_at": at, "ends_at": at + length, "practitioner_ids": ids}
            for n, ids in found.items()
            for at in (self._moment(n),)
        ]

    def refused(self) -> list[dict[str, Any]]:
        """Return each refused step inside the opening hours, with its reasons.

        On a date with other hours than usual, the usual ones are explained too.
        """
        shown = self._wanted & self._grid & (self._open | self._lost) & ~self.possible
        found: dict[int, list[str]] = {n: [] for n in bits.positions(shown)}
        for reason, starts in self.refusals.items():
            for n in bits.positions(starts & shown):
                found[n].append(reason)
        return [{"starts_at": self._moment(n), "reasons": reasons} for n, reasons in found.items()]

    def reasons(self, starts_at: datetime) -> list[str]:
        """Return why this start is refused, gravest first; nothing when it is possible."""
        n = minute(starts_at) - self._origin
        found = [reason for reason, starts in self.refusals.items() if starts >> n & 1]
        between = starts_at != self._moment(n) and "between_steps" not in found
        return [*found, "between_steps"] if between else found

    def earliest(self, waived: frozenset[str]) -> datetime | None:
        """Return the first start that nothing but `waived` speaks against; None: there is none."""
        against = _any(starts for reason, starts in self.refusals.items() if reason not in waived)
        first = next(bits.positions(self._wanted & ~against), None)
        return None if first is None else self._moment(first)

    def throughout(self) -> list[str]:
        """Return the reasons that refuse every start, gravest first."""
        return [reason for reason, starts in self.refusals.items() if not self._wanted & ~starts]

    def free(self, starts_at: datetime) -> list[Practitioner]:
        """Return the practitioners who may treat from this start and are free."""
        n = minute(starts_at) - self._origin
        return [each for each, starts in self._practitioners if starts >> n & 1]

    def place(self, starts_at: datetime, preferred: frozenset[UUID] = frozenset()) -> Place:
        """Return who, where and with what for a possible start; first what is preferred.

        Each practitioner has a usual room and device among those that are free: they move less, and
        bookings with different practitioners rarely wait for the same room's lock.
        """
        n = minute(starts_at) - self._origin
        person: Practitioner = _choice(self._practitioners, n, preferred)
        usual = person.id.int
        device = None
        if self.situation.treatment.needs_device:
            devices = [(each, self._device(each)) for each in self._suited]
            device = _choice(devices, n, preferred, usual)
        rooms = [(each, self._room(each)) for each in self.situation.rooms]
        return Place(person, _choice(rooms, n, preferred, usual), device)

    def _moment(self, n: int) -> datetime:
        return _EPOCH + (self._origin + n) * _MINUTE

    def _local_days(self) -> list[date]:
        """Return the clinic's days in the window, and the one before: its night may reach in."""
        zone = self.situation.clinic.zone
        first = self._moment(0).astimezone(zone).date() - timedelta(days=1)
        last = self._moment(self._size).astimezone(zone).date()
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def _before_moment(self, when: datetime) -> int:
        """Return the starts before a moment."""
        return bits.span(0, min(minute_up(when) - self._origin, self._size))

    def _free(self, busy: Busy, length: int) -> int:
        """Return the starts whose occupied time, beginning with the set-up, is free."""
        cells = self._all & ~bits.union(busy, self._origin)
        return bits.runs(cells, length) << self._before

    def _working(self, schedule: Schedule) -> tuple[int, int]:
        """Return the starts for which somebody is there all the treatment; then, usually would be.

        Both are the same unless the person is absent.  Colleagues often share a schedule.
        """
        if schedule not in self._shifts:
            shifts = schedule.days(self._days)
            usual = present = self._fits((each.day, each.usual) for each in shifts)
            if any(each.away for each in shifts):
                present = self._fits((each.day, each.hours) for each in shifts)
            self._shifts[schedule] = present, usual
        return self._shifts[schedule]

    def _fits(self, hours: Iterable[tuple[date, Sequence[Stretch]]]) -> int:
        """Return the starts for which the whole treatment lies inside the hours of the dates."""
        zone = self.situation.clinic.zone
        spans = (
            (
                minute(local_time.moment(day, opens, zone)),
                minute(local_time.moment(day, closes, zone)),
            )
            for day, stretches in hours
            for opens, closes in stretches
        )
        cells = bits.union(spans, self._origin) & self._all
        return bits.runs(cells, self.situation.treatment.duration_minutes)

    def _changes(self) -> tuple[dict[str, int], int]:
        """Return the starts that a holiday and an exception close, and those usually open."""
        changed = [each for each in self._calendar if each.changed_by]
        if not changed:
            return {}, 0
        found = {
            reason: self._starts_on([each.day for each in changed if each.changed_by == cause])
            & ~self._open
            for reason, cause in (("public_holiday", "holiday"), ("clinic_closed", "exception"))
        }
        usual = self._fits((each.day, each.usual) for each in self._calendar)
        return found, usual & _any(found.values())

    def _starts_on(self, dates: Iterable[date]) -> int:
        """Return the starts on these dates, by the clinic's clock."""
        zone = self.situation.clinic.zone
        spans = (
            (
                minute(local_time.midnight(day, zone)),
                minute(local_time.midnight(day + timedelta(days=1), zone)),
            )
            for day in dates
        )
        return bits.union(spans, self._origin) & self._all

    def _steps(self) -> int:
        """Return the starts at which the wall clock shows a multiple of the step."""
        zone, step = self.situation.clinic.zone, self.situation.clinic.step_minutes
        found, pattern = 0, _any(1 << n for n in range(0, DAY, step))
        for day in self._days:
            begins = minute(local_time.midnight(day, zone))
            ends = minute(local_time.midnight(day + timedelta(days=1), zone))
            steps = pattern if ends - begins == DAY else self._changing_day(begins, ends)
            shift = begins - self._origin
            found |= steps << shift if shift >= 0 else steps >> -shift
        return found & self._all

    def _changing_day(self, begins: int, ends: int) -> int:
        """Return the steps of a day whose clock changes, minute by minute."""
        zone, step = self.situation.clinic.zone, self.situation.clinic.step_minutes
        found = 0
        for n in range(ends - begins):
            wall = (_EPOCH + (begins + n) * _MINUTE).astimezone(zone)
            if (wall.hour * 60 + wall.minute) % step == 0:
                found |= 1 << n
        return found

    def _practitioner(self, person: Practitioner) -> int:
        covered = self._credentialed(person)
        if not covered:
            return 0
        present, _ = self._working(person.schedule)
        return covered & present & self._free(person.busy, self._occupied)

    def _credentialed(self, person: Practitioner) -> int:
        """Return the starts that the credential covers: until the end of its last day."""
        if person.valid_until is None or not person.covers(self.situation.treatment):
            return 0
        last = min(person.valid_until, self._days[-1])  # a credential may end in the year 9999
        ends = local_time.midnight(last + timedelta(days=1), self.situation.clinic.zone)
        return self._before_moment(ends)

    def _room(self, room: Room) -> int:
        if room.id not in self._free_at:
            length = self._occupied + room.turnover_minutes
            self._free_at[room.id] = self._free(room.busy, length)
        return self._free_at[room.id]

    def _device(self, device: Device) -> int:
        if device.id not in self._free_at:
            free = self._free(device.busy, self._occupied)
            self._free_at[device.id] = self._usable(device) & free
        return self._free_at[device.id]

    def _usable(self, device: Device) -> int:
        if not device.fit:
            return 0
        if not device.offline:
            return self._all
        return self._all & ~self._before_moment(self.situation.now + OFFLINE_WITHDRAWS)

    def _refused(self) -> dict[str, int]:
        now, clinic = self.situation.now, self.situation.clinic
        asked = self.situation.agreed_at or now
        past = self._before_moment(now)
        lead = self._before_moment(asked + timedelta(minutes=clinic.lead_minutes))
        horizon = self._before_moment(asked + timedelta(days=clinic.horizon_days) + _MINUTE)
        found = {
            "in_the_past": past,
            "too_far_ahead": self._all & ~horizon,
            "too_soon": lead & ~past,
            **self._changed,
            "outside_hours": self._all & ~self._open & ~_any(self._changed.values()),
            "between_steps": self._all & ~self._grid,
            **self._client(),
            **self._staff(),
        }
        needed = self._all if self._explains else self._wanted & ~_any(found.values())
        found |= self._rooms_taken(needed) | self._devices_taken(needed)
        return {reason: starts for reason, starts in found.items() if starts}

    def _client(self) -> dict[str, int]:
        client, length = self.situation.client, self.situation.treatment.duration_minutes
        if client is None:
            return {}
        cells = self._all & ~bits.union(client.busy, self._origin)
        return {
            "client_busy": self._all & ~bits.runs(cells, length),
            **self._screened(),
            "skin_recovering": self._recovering(),
        }

    def _screened(self) -> dict[str, int]:
        screening = self.situation.screening
        if screening is None:
            return {"screening_required": self._all if self.situation.clinic.screening_first else 0}
        if screening.outcome == "refuse":
            return {"screening_refused": self._all}
        if screening.outcome != "defer":
            return {}
        until = screening.not_before
        return {"screening_deferred": self._before_moment(until) if until else self._all}

    def _recovering(self) -> int:
        """Return the starts too soon after a session, or too soon before one that is booked."""
        client, zone = self.situation.client, self.situation.clinic.zone
        interval = timedelta(days=self.situation.treatment.interval_days)
        found = 0
        for each in client.recoveries if client else ():
            first = each.starts_at.astimezone(zone).date() - interval + timedelta(days=1)
            begins = minute(local_time.midnight(first, zone))
            found |= bits.span(begins - self._origin, minute_up(each.recovered_at) - self._origin)
        return found & self._all

    def _staff(self) -> dict[str, int]:
        people = self.situation.practitioners
        covered = [(each, self._credentialed(each)) for each in people]
        working = _any(starts & self._working(each.schedule)[0] for each, starts in covered)
        usually = _any(starts & self._working(each.schedule)[1] for each, starts in covered)
        credentialed = _any(starts for _, starts in covered)
        free = _any(starts for _, starts in self._practitioners)
        return {
            "credential_missing": self._all & ~credentialed,
            "practitioner_off": credentialed & ~usually,
            "practitioner_away": usually & ~working,
            "practitioner_busy": working & ~free,
        }

    def _rooms_taken(self, needed: int) -> dict[str, int]:
        taken = needed & ~_enough(map(self._room, self.situation.rooms), needed)
        return {"room_held" if self.situation.rooms else "no_room": taken}

    def _devices_taken(self, needed: int) -> dict[str, int]:
        if not self.situation.treatment.needs_device:
            return {}
        usable = _any(self._usable(each) for each in self._suited)
        free = _enough(map(self._device, self._suited), needed)
        asleep = any(each.fit for each in self._suited)
        return {
            "device_offline" if asleep else "device_unfit": self._all & ~usable,
            "device_busy": usable & needed & ~free,
        }


def minute(when: datetime) -> int:
    """Return the whole minutes since 1970 at `when`."""
    return (when - _EPOCH) // _MINUTE


def minute_up(when: datetime) -> int:
    """Return the whole minutes since 1970, rounded up."""
    return -((_EPOCH - when) // _MINUTE)


def _any(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)


def _enough(masks: Iterable[int], needed: int) -> int:
    """Return the bits that any mask has, asking for no further one when all `needed` are there."""
    found = 0
    for mask in masks:
        found |= mask
        if not needed & ~found:
            break
    return found


def _choice(free: list[tuple[Any, int]], n: int, preferred: frozenset[UUID], usual: int = 0) -> Any:
    """Return what is preferred, or else the first that is free, counted on from the usual one."""
    at = usual % len(free)
    possible = [each for each, starts in free[at:] + free[:at] if starts >> n & 1]
    return next((each for each in possible if each.id in preferred), possible[0])
