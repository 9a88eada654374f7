"""How values are said to people.  Unknown is said as unknown, never as zero."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

UNKNOWN: Final = "unknown"
MINUS: Final = "\u2212"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_NO_MINOR = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS: Final = {  # of the minor unit, where it is no hundredth (ISO 4217)
    **dict.fromkeys(_NO_MINOR.split(), 0),
    **dict.fromkeys(_THOUSANDTHS.split(), 3),
}
ROLES: Final = {
    "hq_admin": "Headquarters",
    "hq_analyst": "Headquarters analyst",
    "clinic_manager": "Clinic manager",
    "practitioner": "Practitioner",
    "front_desk": "Front desk",
}


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: a tone, an icon and a word, so that colour never speaks alone."""

    tone: str
    icon: str
    word: str


def read_moment(text: str) -> datetime:
    """Return the aware moment that an API said."""
    return datetime.fromisoformat(text)


def iso(moment: datetime) -> str:
    """Return a moment for machines."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def iso_in_full(moment: datetime) -> str:
    """Return a moment for machines, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clock(moment: datetime, zone: ZoneInfo | None = None) -> str:
    """Return the time of day: 09:30."""
    return (moment.astimezone(zone) if zone else moment).strftime("%H:%M")


def in_full(moment: datetime, zone: ZoneInfo | None = None) -> str:
    """Return day, time and zone: Monday 7 January 2030, 09:30 WET."""
    local = moment.astimezone(zone) if zone else moment
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M:%S %Z}"


def day(moment: date, year: int | None = None) -> str:
    """Return the calendar day: Monday 7 January; with its year unless it is `year`."""
    other = f" {moment.year}" if year is not None and moment.year != year else ""
    return f"{moment:%A} {moment.day} {moment:%B}{other}"


def ago(then: datetime, now: datetime) -> str:
    """Return how long ago in the largest whole unit: 3 min."""
    seconds = max(0, int((now - then).total_seconds()))
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h"
    return f"{seconds // _DAY} d"


def whole(number: float | None) -> str:
    """Return a count with thin groups of thousands; unknown for None."""
    return UNKNOWN if number is None else f"{number:,.0f}".replace(",", "\u202f")


def permille(share: int | None) -> str:
    """Return a share in per cent: 615 is 62 %."""
    return UNKNOWN if share is None else f"{round(share / 10)}\u202f%"


def delta(number: int | None) -> str:
    """Return a difference with its sign, ±0 for none; unknown for None."""
    if number is None:
        return UNKNOWN
    if number == 0:
        return "±0"
    return f"+{number}" if number > 0 else f"{MINUS}{-number}"


def money(amount_minor: int, currency: str) -> str:
    """Return an amount with its currency: 9000 GBP is GBP 90.00, 5000 JPY is JPY 5000."""
    digits = _DIGITS.get(currency, 2)
    return f"{currency} {amount_minor / 10**digits:.{digits}f}"


def millimetres(micrometres: int) -> str:
    """Return a depth as practitioners say it: 1500 is 1.5 mm."""
    return f"{micrometres / 1000:g} mm"
