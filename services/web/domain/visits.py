"""A client's appointment, as the page of a signed link says it: one page, one thing to do."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.web.domain import words

WEEK: Final = timedelta(days=7)
FURTHEST: Final = timedelta(days=730)  # no clinic plans further ahead
VERBS: Final = frozenset({"confirm", "move", "cancel", "wait", "accept", "decline"})
_YEARS: Final = range(1900, 2201)  # as booking takes them
_DIGITS: Final = 16  # longer is no amount that booking would take
_SHAPE: Final = re.compile(r"[a-z]{4,10}\.[A-Za-z0-9_-]{64}\.[A-Za-z0-9_-]{43}")
_TITLES: Final = {
    "confirm": "Will you come?",
    "move": "Choose another time",
    "cancel": "Cancel this appointment?",
    "earlier": "Would you like an earlier time?",
    "offer": "A place has become free",
}
_DONE: Final = {
    "confirmed": ("You are expected", "Thank you for confirming."),
    "cancelled": ("Your appointment is cancelled", "You need not do anything else."),
    "accepted": ("The place is yours", "A confirmation is on its way to your mailbox."),
    "declined": ("Thank you for telling us", "You stay on the waiting list; we will ask again."),
}
_KEPT: Final = ("Your appointment stays", "Nothing was changed. We look forward to seeing you.")
_GONE: Final = frozenset({"cancelled", "declined", "lapsed", "withdrawn"})
_PARTS: Final = (("Morning", 12), ("Afternoon", 17), ("Evening", 24))  # until which hour
_WAITS: Final = (
    "You are on the waiting list",
    "We write to you when an earlier place becomes free. Until you take one, this is your time.",
)
_MOVED: Final = ("Your appointment has moved", "A new confirmation is on its way to your mailbox.")


@dataclass(frozen=True, slots=True)
class Day:
    """A day at the clinic with its free times."""

    day: date
    name: str
    times: tuple[datetime, ...]  # in the clinic's zone

    @property
    def parts(self) -> list[tuple[str, list[datetime]]]:
        """Return the times by part of the day, without parts that have none."""
        found: dict[str, list[datetime]] = {}
        for at in self.times:
            name = next(name for name, until in _PARTS if at.hour < until)
            found.setdefault(name, []).append(at)
        return list(found.items())


@dataclass(frozen=True, slots=True)
class Visit:
    """What booking says of the appointment behind a link."""

    row: Mapping[str, Any]

    @property
    def purpose(self) -> str:
        """Return what the link is for."""
        return str(self.row["purpose"])

    @property
    def zone(self) -> ZoneInfo:
        """Return the clinic's zone."""
        return ZoneInfo(self.row["time_zone"])

    @property
    def place(self) -> str:
        """Return the zone as people say it: Lisbon, New York."""
        return self.zone.key.rpartition("/")[2].replace("_", " ")

    @property
    def starts_at(self) -> datetime:
        """Return when it begins, by the clinic's clock."""
        return self.local("starts_at")

    @property
    def ends_at(self) -> datetime:
        """Return when it ends, by the clinic's clock."""
        return self.local("ends_at")

    @property
    def fee(self) -> str | None:
        """Return what cancelling now costs, in words."""
        fee = self.row["late_fee"]
        return words.money(fee["amount_minor"], fee["currency"]) if fee else None

    @property
    def is_over(self) -> bool:
        """Say whether this time is nobody's any more, or somebody else's."""
        return self.row["status"] in _GONE

    def ends_from(self, starts_at: datetime) -> datetime:
        """Return when the visit ends if it begins at another time."""
        length = self.ends_at.astimezone(UTC) - self.starts_at.astimezone(UTC)
        return (starts_at.astimezone(UTC) + length).astimezone(self.zone)

    def local(self, name: str) -> datetime:
        """Return one of the row's moments by the clinic's clock."""
        return words.read_moment(self.row[name]).astimezone(self.zone)

    def heading(self, *, moved: bool, kept: bool = False) -> tuple[str, str]:
        """Return the page's title and a sentence below it, which may be empty.

        `moved`: the client has just chosen this time.  `kept`: they chose to change nothing.
        """
        status = self.row["status"]
        if self.purpose == "move" and moved and status == "booked":
            return _MOVED
        if self.row["done"]:
            return _WAITS if self.purpose == "earlier" else _DONE[status]
        if not self.row["may"]:
            return self._end(), ""
        return _KEPT if kept else (_TITLES[self.purpose], "")

    def _end(self) -> str:
        """Return the title where nothing can be done."""
        if self.purpose == "offer":
            return "This place is gone"
        return "Your appointment is cancelled" if self.is_over else "Your appointment"


def accepted(form: Mapping[str, str]) -> dict[str, Any]:
    """Return which fee the form accepts: the one that the page showed."""
    if form.get("accept_fee") != "yes":
        return {"accept_fee": False}
    amount = form.get("fee_minor", "")
    if not (amount.isascii() and amount.isdigit() and len(amount) < _DIGITS):
        return {"accept_fee": False}
    shown = {"amount_minor": int(amount), "currency": form.get("fee_currency", "")}
    return {"accept_fee": True, "accepted_fee": shown}


def could_be(token: str) -> bool:
    """Say whether this looks like a link at all; nothing else goes into an address of ours."""
    return _SHAPE.fullmatch(token) is not None


def first_day(asked: str, today: date) -> date:
    """Return from which day times are shown: today's week where the address says nothing useful."""
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        return today
    return max(today, min(day, today + FURTHEST))


def by_day(rows: Iterable[Mapping[str, Any]], zone: ZoneInfo) -> list[Day]:
    """Return free times by the clinic's days, in order."""
    found: dict[date, list[datetime]] = {}
    for row in rows:
        at = words.read_moment(row["starts_at"]).astimezone(zone)
        found.setdefault(at.date(), []).append(at)
    return [Day(day, f"{day:%A} {day.day} {day:%b}", tuple(at)) for day, at in found.items()]


def chosen(asked: str, zone: ZoneInfo) -> datetime | None:
    """Return the time that the address says was chosen, None for none."""
    try:
        moment = words.read_moment(asked)
        return moment.astimezone(zone) if moment.tzinfo and moment.year in _YEARS else None
    except (ValueError, OverflowError):
        return None
