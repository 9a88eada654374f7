"""When a person works at a clinic: rotas that repeat, exceptions for single dates, absences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.booking.domain import hours as clock
from services.booking.domain import local_time
from services.booking.domain.days import Exceptional, Stretch
from services.booking.domain.hours import Hours
from shared.errors import Conflict, NotFound, Rejected

KINDS = ("leave", "training", "other")  # no word says anything of anybody's health
LONGEST_DAYS = 366


class RotaUnknown(NotFound):
    """There is no such rota here."""

    type = "rota-unknown"
    title = "There is no such rota"


class RotaWrong(Rejected):
    """A rota that ends before it begins, or a rhythm without a beginning."""

    type = "rota-wrong"
    title = "This rota cannot be right"


class RotasOverlap(Conflict):
    """Another rota of the person is valid at the same time."""

    type = "rotas-overlap"
    title = "Two rotas at the same time"


class AbsenceUnknown(NotFound):
    """There is no such absence."""

    type = "absence-unknown"
    title = "There is no such absence"


class AbsenceWrong(Rejected):
    """An absence that ends before it begins, or lasts for years."""

    type = "absence-wrong"
    title = "This absence cannot be right"


@dataclass(frozen=True, slots=True)
class Rota:
    """Weeks that repeat every `every_weeks`; week 1 is the one of `valid_from`, Monday to Sunday.

    None as a date: since ever, or without end.  Both dates are included.
    """

    valid_from: date | None
    valid_until: date | None
    every_weeks: int
    hours: tuple[tuple[int, Hours], ...]  # week of the rhythm, stretch

    def covers(self, day: date) -> bool:
        """Say whether the rota is valid on a date."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_until is None or day <= self.valid_until)

    def week_of(self, day: date) -> int:
        """Return which week of the rhythm a date lies in, from 1."""
        if self.valid_from is None or self.every_weeks == 1:
            return 1
        monday = self.valid_from - timedelta(days=self.valid_from.isoweekday() - 1)
        return (day - monday).days // 7 % self.every_weeks + 1

    def overlaps(self, other: "Rota") -> bool:
        """Say whether both are valid on some date."""
        return _begins(self) <= _ends(other) and _begins(other) <= _ends(self)


@dataclass(frozen=True, slots=True)
class Absence:
    """Whole dates, both included, on which a person works nowhere."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Shift:
    """A person's date at a clinic.  `usual` is what it would be without an absence."""

    day: date
    hours: tuple[Stretch, ...]
    usual: tuple[Stretch, ...]
    away: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a person works at one clinic.  An exception comes before the rota, an absence first."""

    rotas: tuple[Rota, ...] = ()
    exceptions: tuple[Exceptional, ...] = ()
    absences: tuple[Absence, ...] = ()

    def days(self, dates: Iterable[date]) -> list[Shift]:
        """Return what each date is."""
        exceptions = {each.day: each.hours for each in self.exceptions}
        patterns = [(rota, _pattern(rota)) for rota in self.rotas]
        found = []
        for day in dates:
            usual = exceptions.get(day)
            if usual is None:
                usual = _planned(patterns, day)
            away = any(each.first <= day <= each.last for each in self.absences)
            found.append(Shift(day, () if away else usual, usual, away))
        return found

    def on(self, day: date) -> Shift:
        """Return what a date is."""
        return self.days([day])[0]


def weeks(every_weeks: int, hours: Iterable[tuple[int, Hours]]) -> tuple[tuple[int, Hours], ...]:
    """Return the hours of a rhythm in order.  Raises RotaWrong or HoursWrong."""
    hours = tuple(hours)
    beyond = [week for week, _ in hours if week > every_weeks]
    if beyond:
        raise RotaWrong(f"There is no week {beyond[0]} in a rota of {every_weeks} weeks.")
    return tuple(
        (number, each)
        for number in range(1, every_weeks + 1)
        for each in clock.week(stretch for week, stretch in hours if week == number)
    )


def check(rota: Rota, others: Sequence[Rota], name: str) -> None:
    """Raise RotaWrong or RotasOverlap unless a rota fits beside a person's others."""
    if rota.valid_from and rota.valid_until and rota.valid_until < rota.valid_from:
        raise RotaWrong("The rota ends before it begins.")
    if rota.every_weeks > 1 and rota.valid_from is None:
        raise RotaWrong(
            f"Say from when a rota of {rota.every_weeks} weeks is valid: week 1 is that week."
        )
    for other in others:
        if rota.overlaps(other):
            raise RotasOverlap(f"{name} has a rota {_validity(other)} already. End that one first.")


def check_absence(first: date, last: date) -> None:
    """Raise AbsenceWrong."""
    if last < first:
        raise AbsenceWrong("The absence ends before it begins.")
    if (last - first).days >= LONGEST_DAYS:
        raise AbsenceWrong("An absence lasts a year at most; who leaves is no longer active.")


def _pattern(rota: Rota) -> dict[tuple[int, int], tuple[Stretch, ...]]:
    found: dict[tuple[int, int], tuple[Stretch, ...]] = {}
    for week, each in rota.hours:
        key = (week, each.weekday)
        found[key] = (*found.get(key, ()), (each.opens, each.closes))
    return found


def _planned(
    patterns: Iterable[tuple[Rota, dict[tuple[int, int], tuple[Stretch, ...]]]], day: date
) -> tuple[Stretch, ...]:
    for rota, pattern in patterns:
        if rota.covers(day):
            return pattern.get((rota.week_of(day), day.isoweekday()), ())
    return ()


def _begins(rota: Rota) -> date:
    return rota.valid_from or date.min


def _ends(rota: Rota) -> date:
    return rota.valid_until or date.max


def _validity(rota: Rota) -> str:
    words = []
    if rota.valid_from:
        words.append(f"from {local_time.date_sentence(rota.valid_from)}")
    if rota.valid_until:
        words.append(f"until {local_time.date_sentence(rota.valid_until)}")
    return " ".join(words) or "without beginning or end"
