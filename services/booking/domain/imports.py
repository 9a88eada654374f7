"""What a row of an imported file says, and what may be done with an import."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.booking.domain.hours import clock, minute
from services.booking.domain.tables import Columns
from shared.errors import Conflict, NotFound, Rejected

KEPT = timedelta(days=30)
TRIED_TOGETHER = 20  # rows of a dry run that see each other
# An appointment that was promised elsewhere keeps its time: neither notice nor the step is asked.
WAIVED = frozenset({"too_soon", "between_steps"})
COLUMNS = {
    "appointments": Columns(
        known=(
            "client_id",
            "treatment_id",
            "treatment",
            "practitioner_id",
            "practitioner",
            "starts_at",
            "zones",
            "external_reference",
        ),
        needed=(("client_id",), ("treatment_id", "treatment"), ("starts_at",)),
    ),
    "rotas": Columns(
        known=(
            "practitioner_id",
            "practitioner",
            "valid_from",
            "valid_until",
            "every_weeks",
            "week",
            "weekday",
            "opens",
            "closes",
        ),
        needed=(("practitioner_id", "practitioner"), ("weekday",), ("opens",), ("closes",)),
    ),
}
_YEARS = range(1900, 2201)
_MINUTE = timedelta(minutes=1)


class ImportUnknown(NotFound):
    """There is no such import here."""

    type = "import-unknown"
    title = "There is no such import"


class ImportOver(Conflict):
    """Every row was tried already."""

    type = "import-over"
    title = "The import is over"


class CellWrong(Rejected):
    """A cell is missing or not what its column says."""

    type = "cell-wrong"
    title = "A cell of the file is not right"


class NameUnclear(Rejected):
    """A name that nothing, or more than one thing, at the clinic has."""

    type = "name-unclear"
    title = "This name is not clear"


@dataclass(frozen=True, slots=True)
class Named:
    """Something by its id or else by its name."""

    id: UUID | None
    name: str | None


@dataclass(frozen=True, slots=True)
class AppointmentRow:
    """An appointment as a file says it.  `starts_at` without offset is by the clinic's clock."""

    client_id: UUID
    treatment: Named
    practitioner: Named | None
    starts_at: datetime
    zones: tuple[str, ...] | None
    reference: str | None


@dataclass(frozen=True, slots=True)
class RotaRow:
    """A stretch of a rota as a file says it; rows of the same dates and rhythm are one rota."""

    practitioner: Named
    valid_from: date | None
    valid_until: date | None
    every_weeks: int
    entry: Mapping[str, Any]  # week, weekday, opens, closes; hours as typed


def appointment(cells: Mapping[str, str]) -> AppointmentRow:
    """Return what a row says.  Raises CellWrong."""
    treatment = named(cells, "treatment")
    if treatment is None:
        raise CellWrong("Say the treatment_id or the treatment's name.")
    return AppointmentRow(
        client_id=_id(cells, "client_id"),
        treatment=treatment,
        practitioner=named(cells, "practitioner"),
        starts_at=_moment(cells, "starts_at"),
        zones=_zones(cells),
        reference=cells.get("external_reference"),
    )


def rota(cells: Mapping[str, str]) -> RotaRow:
    """Return what a row says.  Raises CellWrong."""
    practitioner = named(cells, "practitioner")
    if practitioner is None:
        raise CellWrong("Say the practitioner_id or the practitioner's name.")
    return RotaRow(
        practitioner=practitioner,
        valid_from=_day(cells, "valid_from"),
        valid_until=_day(cells, "valid_until"),
        every_weeks=_number(cells, "every_weeks", 4, usual=1),
        entry={
            "week": _number(cells, "week", 4, usual=1),
            "weekday": _number(cells, "weekday", 7),
            "opens": _clock(cells, "opens"),
            "closes": _clock(cells, "closes"),
        },
    )


def named(cells: Mapping[str, str], what: str) -> Named | None:
    """Return what `what` or `what`_id say, None for neither.  Raises CellWrong."""
    if f"{what}_id" in cells:
        return Named(_id(cells, f"{what}_id"), None)
    return Named(None, cells[what]) if what in cells else None


def _id(cells: Mapping[str, str], column: str) -> UUID:
    try:
        found = UUID(_cell(cells, column))
    except ValueError as wrong:
        raise CellWrong(f"The {column} is not an id.") from wrong
    return found


def _zones(cells: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the zones, with spaces between them; None for the treatment as a whole."""
    if "zones" not in cells:
        return None
    found = tuple(cells["zones"].split())
    if len(set(found)) < len(found):
        raise CellWrong("The zones name one twice.")
    return found


def _moment(cells: Mapping[str, str], column: str) -> datetime:
    wrong = CellWrong(f"The {column} is not a time such as 2030-01-07T10:00.")
    text = _cell(cells, column)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as no_time:
        raise wrong from no_time
    offset = found.utcoffset() or timedelta(0)  # may have seconds, and so would the appointment
    whole = found == found.replace(second=0, microsecond=0) and offset % _MINUTE == timedelta(0)
    if len(text) < len("2030-01-07T10:00") or found.year not in _YEARS or not whole:
        raise wrong
    return found


def _day(cells: Mapping[str, str], column: str) -> date | None:
    if column not in cells:
        return None
    try:
        found = date.fromisoformat(cells[column])
    except ValueError as wrong:
        raise CellWrong(f"The {column} is not a day such as 2030-01-07.") from wrong
    if found.year not in _YEARS:
        raise CellWrong(f"The {column} is not in the years 1900 to 2200.")
    return found


def _number(cells: Mapping[str, str], column: str, most: int, usual: int | None = None) -> int:
    if usual is not None and column not in cells:
        return usual
    text = _cell(cells, column)
    if len(text) != 1 or text not in "123456789"[:most]:
        raise CellWrong(f"The {column} is not a number from 1 to {most}.")
    return int(text)


def _clock(cells: Mapping[str, str], column: str) -> str:
    """Return hours as typed, `9:00` as `09:00`."""
    text = _cell(cells, column)
    return clock(minute(text.zfill(5)))


def _cell(cells: Mapping[str, str], column: str) -> str:
    if column not in cells:
        raise CellWrong(f"The {column} is missing.")
    return cells[column]
