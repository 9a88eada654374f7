"""Reading answers.  Refusals name the question, never what was answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any

from services.client_records.domain.questions import BY_ID, Question, asked
from shared.errors import Rejected

# Where the clinic's zone is not known, a day ends where it ends last.
LAST_ZONE = timezone(timedelta(hours=-12))
MOST_ZONE = 17
YEARS = range(1900, 2101)  # what a client could mean; intervals of years still fit behind it


class AnswerUnreadable(Rejected):
    """An answer has not the shape that its question asks for."""

    type = "answer-unreadable"
    title = "An answer cannot be read"


class QuestionUnknown(Rejected):
    """An answer to a question that nobody asked."""

    type = "question-unknown"
    title = "There is no such question"


@dataclass(frozen=True, slots=True)
class LastUse:
    """When something was last used or happened: the latest moment it could have been.

    `at` None while `used`: nobody knows when.
    """

    used: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when; a None bound is not known."""

    had: bool
    starts: datetime | None = None
    ends: datetime | None = None


Answer = bool | str | LastUse | Period | tuple[int, ...] | None
Answers = Mapping[str, Answer]


def end_of(day: date, zone: tzinfo | None) -> datetime:
    """Return the end of a local day, in UTC: the latest moment that a bare date can mean."""
    midnight = datetime.combine(day + timedelta(days=1), time.min, zone or LAST_ZONE)
    return midnight.astimezone(UTC)


def start_of(day: date, zone: tzinfo | None) -> datetime:
    """Return the beginning of a local day, in UTC: the earliest that a bare date can mean."""
    earliest = zone or timezone(timedelta(hours=14))
    return datetime.combine(day, time.min, earliest).astimezone(UTC)


def read(given: Mapping[str, Any], zone: tzinfo | None) -> dict[str, Answer]:
    """Return the answers by question, dates as the latest moment they can mean.

    Answers to questions that are not asked after the others are left out.
    Raises QuestionUnknown or AnswerUnreadable.
    """
    for name in given:
        if name not in BY_ID:
            raise QuestionUnknown("One of the answers belongs to no question of this screening.")
    return {
        name: _READERS[BY_ID[name].kind](BY_ID[name], value, zone)
        for name, value in given.items()
        if asked(BY_ID[name], given)
    }


def _flag(question: Question, value: Any, _zone: tzinfo | None) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise _unreadable(question)


def _choice(question: Question, value: Any, _zone: tzinfo | None) -> str:
    if isinstance(value, str) and value in question.choices:
        return value
    raise _unreadable(question)


def _last_use(question: Question, value: Any, zone: tzinfo | None) -> LastUse:
    members = _members(question, value, "used", {"used", "last"})
    last = members.get("last")
    if not members["used"]:
        return LastUse(used=False)
    return LastUse(used=True, at=None if last is None else _latest(question, last, zone))


def _period(question: Question, value: Any, zone: tzinfo | None) -> Period:
    members = _members(question, value, "had", {"had", "starts", "ends"})
    if not members["had"]:
        return Period(had=False)
    starts, ends = members.get("starts"), members.get("ends")
    period = Period(
        had=True,
        starts=None if starts is None else start_of(_day(question, starts), zone),
        ends=None if ends is None else end_of(_day(question, ends), zone),
    )
    if period.starts and period.ends and period.ends <= period.starts:
        raise _unreadable(question)
    return period


def _planned(question: Question, value: Any, zone: tzinfo | None) -> Period:
    members = _members(question, value, "planned", {"planned", "on"})
    on = members.get("on")
    if not members["planned"] or on is None:
        return Period(had=members["planned"])
    day = _day(question, on)
    return Period(had=True, starts=start_of(day, zone), ends=end_of(day, zone))


def _zones(question: Question, value: Any, _zone: tzinfo | None) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > MOST_ZONE:
        raise _unreadable(question)
    if any(type(each) is not int or not 1 <= each <= MOST_ZONE for each in value):
        raise _unreadable(question)
    return tuple(sorted(set(value)))


_READERS = {
    "yes_no": _flag,
    "choice": _choice,
    "last_use": _last_use,
    "period": _period,
    "planned": _planned,
    "zones": _zones,
}


def _members(question: Question, value: Any, flag: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) - known or not isinstance(value.get(flag), bool):
        raise _unreadable(question)
    return value


def _latest(question: Question, text: Any, zone: tzinfo | None) -> datetime:
    """Return the latest moment that a date, or a moment with its offset, can mean."""
    if isinstance(text, str) and len(text) > len("2030-01-07"):
        return _moment(question, text)
    return end_of(_day(question, text), zone)


def _moment(question: Question, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or moment.year not in YEARS:
            raise _unreadable(question)
        return moment.astimezone(UTC)
    except ValueError as wrong:
        raise _unreadable(question) from wrong


def _day(question: Question, text: Any) -> date:
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError) as wrong:
        raise _unreadable(question) from wrong
    if day.year not in YEARS:
        raise _unreadable(question)
    return day


def _unreadable(question: Question) -> AnswerUnreadable:
    return AnswerUnreadable(f"Please answer again: {question.text}", question=question.id)
