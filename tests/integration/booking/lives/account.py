"""What the test knows by itself: what was told of people and things, and what follows from it.

Nothing here asks the product: dates and times are worked out one start after the other, in the
simplest way.  Appointments are rows as they stand in the table; everything else is remembered when
it is told.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
QUARTER, STEP = 15 * MINUTE, 30
UPCOMING = ("booked", "confirmed", "arrived")
ENDED = ("cancelled", "missed", "lapsed")
DROWSY = timedelta(hours=2)  # a device that is off line counts as missing so long before


@dataclass
class Place:
    """A clinic, as it was opened."""

    hours: list[tuple[int, int, int]]  # weekday, opens, closes
    lead: timedelta
    people: list[UUID]
    horizon: timedelta = timedelta(days=60)
    rooms: dict[UUID, timedelta] = field(default_factory=dict)  # turnover


@dataclass
class Rota:
    """Weeks that repeat, from a date until a date."""

    first: date | None
    last: date | None
    every: int
    hours: list[tuple[int, int, int, int]]  # week, weekday, opens, closes


@dataclass
class Asked:
    """Which starts are in question, and what shall not stand in their way."""

    clinic: UUID
    treatment: dict
    client: UUID | None
    person: UUID | None
    besides: frozenset[UUID] = frozenset()
    promised: bool = False  # notice, horizon and steps were kept when it was booked
    agreed_at: datetime | None = None
    length: timedelta | None = None
    more: tuple[dict, ...] = ()  # sessions that are only planned


class Account:
    """Who works when, what is fit, whose skin may be treated, and who is where."""

    def __init__(self, zone: ZoneInfo, now: datetime) -> None:
        self.zone, self.now = zone, now
        self.places: dict[UUID, Place] = {}
        self.treatments: dict[UUID, dict] = {}
        self.rotas: dict[tuple[UUID, UUID], list[Rota]] = {}
        self.credentials: dict[tuple[UUID, UUID], date] = {}
        self.left: set[tuple[UUID, UUID]] = set()
        self.shifts: dict[tuple[UUID, UUID, date], tuple] = {}  # id and hours
        self.days: dict[tuple[UUID, date], tuple] = {}  # id and hours
        self.absences: dict[UUID, tuple[UUID, date, date]] = {}
        self.pens: dict[UUID, tuple[UUID, str, str]] = {}  # clinic, name, state
        self.home: dict[UUID, UUID] = {}
        self.screenings: dict[tuple[UUID, UUID], tuple] = {}
        self.completed: dict[UUID, datetime] = {}
        self.paused: set[UUID] = set()
        self.rows: dict[UUID, dict] = {}

    # when

    def wall(self, day: date, minute: int) -> datetime:
        """A time of the day on a wall clock; the first of two, the later of a gap."""
        midnight = datetime.combine(day, time())
        return (midnight + minute * MINUTE).replace(tzinfo=self.zone).astimezone(UTC)

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def minute(self, at: datetime) -> int:
        local = at.astimezone(self.zone)
        return local.hour * 60 + local.minute

    def opening(self, clinic: UUID, day: date) -> list[tuple[int, int]]:
        if (clinic, day) in self.days:
            return self.days[clinic, day][1]
        week = self.places[clinic].hours
        return [(opens, closes) for weekday, opens, closes in week if weekday == day.isoweekday()]

    def working(self, clinic: UUID, person: UUID, day: date) -> list[tuple[int, int]]:
        for who, first, last in self.absences.values():
            if who == person and first <= day <= last:
                return []
        if (clinic, person, day) in self.shifts:
            return self.shifts[clinic, person, day][1]
        for rota in self.rotas[clinic, person]:
            if (rota.first or day) <= day <= (rota.last or day):
                week = 1
                if rota.first and rota.every > 1:
                    monday = rota.first - rota.first.weekday() * DAY
                    week = (day - monday).days // 7 % rota.every + 1
                return [
                    (opens, closes)
                    for number, weekday, opens, closes in rota.hours
                    if (number, weekday) == (week, day.isoweekday())
                ]
        return []

    def spans(self, hours, first: date, last: date) -> list[tuple[datetime, datetime]]:
        """The hours of some dates as moments; what touches is one: a night goes on."""
        found: list[tuple[datetime, datetime]] = []
        for n in range(-1, (last - first).days + 2):
            day = first + n * DAY
            for opens, closes in sorted(hours(day)):
                begins, ends = self.wall(day, opens), self.wall(day, closes)
                if begins >= ends:
                    continue
                if found and begins <= found[-1][1]:
                    found[-1] = (found[-1][0], max(ends, found[-1][1]))
                else:
                    found.append((begins, ends))
        return found

    # who is where

    def taken(self, row: dict) -> list[tuple[UUID, datetime, datetime]]:
        """Who and what an appointment takes, and when; nothing when it is over or ran out."""
        if row["status"] in ENDED or (row["status"] == "held" and row["expires_at"] <= self.now):
            return []
        treatment = self.treatments[row["treatment_id"]]
        begins = row["starts_at"] - treatment["buffer_before_minutes"] * MINUTE
        ends = row["ends_at"] + treatment["buffer_after_minutes"] * MINUTE
        turnover = self.places[row["clinic_id"]].rooms.get(row["room_id"], 0 * MINUTE)
        found = [
            (row["practitioner_id"], begins, ends),
            (row["room_id"], begins, ends + turnover),
            (row["device_id"], begins, ends),
            (row["client_id"], row["starts_at"], row["ends_at"]),
        ]
        over = self.completed.get(row["id"]) if row["status"] == "completed" else None
        return [each for each in found if each[0] and (over is None or each[1] < over)]

    def treats(self, row: dict) -> bool:
        """Whether skin recovers after it: a hold treats nobody yet."""
        return row["status"] not in {*ENDED, "held"}

    # what may be

    def known(self, asked: Asked) -> bool:
        """Whether the question has an answer: the client and the person are of this clinic."""
        if asked.client and self.home[asked.client] != asked.clinic:
            return False
        here = self.places[asked.clinic].people
        return asked.person is None or (
            asked.person in here and (asked.clinic, asked.person) not in self.left
        )

    def possible(self, asked: Asked, begins: datetime, ends: datetime) -> dict[datetime, set]:
        """Each possible start from one moment until before another, with who may treat."""
        looked = Looked(self, asked, begins, ends)
        found, at = {}, begins
        while at < ends:
            if people := looked.who(at):
                found[at] = people
            at += QUARTER
        return found

    def who(self, asked: Asked, at: datetime) -> set[UUID]:
        """Who may treat from this start."""
        return Looked(self, asked, at, at + MINUTE).who(at)

    def fit(self, pen: UUID, at: datetime) -> bool:
        state = self.pens[pen][2]
        return state == "idle" or (state == "offline" and at >= self.now + DROWSY)

    def screened(self, client: UUID | None, treatment: UUID, at: datetime) -> str | None:
        """What a screening says against a start."""
        outcome, until = self.screenings.get((client, treatment), (None, None))
        if outcome == "defer" and until is not None and at >= until:
            return None
        return {"refuse": "screening_refused", "defer": "screening_deferred"}.get(outcome)


class Looked:
    """What decides about the starts between two moments, gathered once."""

    def __init__(self, account: Account, asked: Asked, begins: datetime, ends: datetime) -> None:
        self.account, self.asked = account, asked
        self.place, treatment = account.places[asked.clinic], asked.treatment
        self.length = asked.length or treatment["duration_minutes"] * MINUTE
        self.before = treatment["buffer_before_minutes"] * MINUTE
        self.after = treatment["buffer_after_minutes"] * MINUTE
        first, last = account.day(begins), account.day(ends)
        clinic = asked.clinic
        self.open = account.spans(lambda day: account.opening(clinic, day), first, last)
        people = [asked.person] if asked.person else self.place.people
        self.people = {
            who: account.spans(lambda day, who=who: account.working(clinic, who, day), first, last)
            for who in people
            if (clinic, who) not in account.left
        }
        self.pens = [pen for pen, (where, *_) in account.pens.items() if where == clinic]
        self.busy: dict[UUID, list] = defaultdict(list)
        self.sessions = []
        self._gather()

    def _gather(self) -> None:
        account, asked = self.account, self.asked
        for row in [*account.rows.values(), *asked.more]:
            if row["id"] in asked.besides:
                continue
            for what, begins, ends in account.taken(row):
                self.busy[what].append((begins, ends))
            other = account.treatments[row["treatment_id"]]
            same_skin = other["recovery_group"] == asked.treatment["recovery_group"]
            if asked.client == row["client_id"] and same_skin and account.treats(row):
                self.sessions.append((account.day(row["starts_at"]), other["interval_days"]))

    def who(self, at: datetime) -> set[UUID]:
        """Who may treat from this start; nobody when anything else speaks against it."""
        if not (self._noticed(at) and _inside(self.open, at, at + self.length)):
            return set()
        begins, ends = at - self.before, at + self.length + self.after
        found = {
            person
            for person, hours in self.people.items()
            if _inside(hours, at, at + self.length)
            and self._free(person, begins, ends)
            and self.account.day(at) <= self.account.credentials[self.asked.clinic, person]
        }
        return found if found and self._equipped(at, begins, ends) and self._well(at) else set()

    def _noticed(self, at: datetime) -> bool:
        now, asked = self.account.now, self.asked.agreed_at or self.account.now
        if self.asked.promised or at < now:
            return at >= now
        in_time = asked + self.place.lead <= at <= asked + self.place.horizon
        return in_time and self.account.minute(at) % STEP == 0

    def _free(self, what: UUID, begins: datetime, ends: datetime) -> bool:
        return all(ends <= first or last <= begins for first, last in self.busy[what])

    def _equipped(self, at: datetime, begins: datetime, ends: datetime) -> bool:
        rooms = self.place.rooms.items()
        if not any(self._free(room, begins, ends + turnover) for room, turnover in rooms):
            return False
        return not self.asked.treatment["needs_device"] or any(
            self.account.fit(pen, at) and self._free(pen, begins, ends) for pen in self.pens
        )

    def _well(self, at: datetime) -> bool:
        client, treatment = self.asked.client, self.asked.treatment
        if client is None:
            return True
        day = self.account.day(at)
        recovered = all(
            (day - other).days >= interval
            if other <= day
            else (other - day).days >= treatment["interval_days"]
            for other, interval in self.sessions
        )
        said = self.account.screened(client, treatment["id"], at)
        return recovered and said is None and self._free(client, at, at + self.length)


def _inside(spans, begins: datetime, ends: datetime) -> bool:
    return any(first <= begins and ends <= last for first, last in spans)
