"""Public holidays by ISO 3166 code: GB, US-CA, AU-NSW.

The library's data go with its release; what it does not know is told as unknown, never guessed.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays


def known_as(jurisdiction: str) -> str | None:
    """Return the code whose holidays count: a subdivision, else its country, else None."""
    country, _, subdivision = jurisdiction.partition("-")
    known = _subdivisions()
    if country not in known:
        return None
    return jurisdiction if subdivision in known[country] else country


def on(jurisdiction: str, day: date) -> str | None:
    """Return the holiday's name; None on other days, and where no holidays are known."""
    return _of_year(jurisdiction, day.year).get(day)


@lru_cache(maxsize=1)
def _subdivisions() -> Mapping[str, frozenset[str]]:
    return {
        country: frozenset(parts)
        for country, parts in holidays.list_supported_countries(include_aliases=False).items()
    }


@lru_cache(maxsize=2_000)
def _of_year(jurisdiction: str, year: int) -> Mapping[date, str]:
    code = known_as(jurisdiction)
    if code is None:
        return {}
    country, _, subdivision = code.partition("-")
    return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
