"""What a clinic may offer, and how long skin recovers after it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.booking.domain import local_time
from shared.errors import NotFound, Rejected

# The fewest days between two sessions of an indication (clinical rules, section 3).
LEAST_INTERVAL_DAYS = {
    "IND-01": 28,
    "IND-02": 28,
    "IND-03": 28,
    "IND-04": 28,
    "IND-05": 28,
    "IND-06": 28,
    "IND-07": 14,
    "IND-08": 7,
    "IND-09": 14,
    "IND-10": 28,
    "IND-12": 28,
}


class TreatmentUnknown(NotFound):
    """The clinic does not offer this treatment."""

    type = "treatment-unknown"
    title = "This treatment is not offered here"


class IndicationNotOffered(Rejected):
    """No course is known for this indication."""

    type = "indication-not-offered"
    title = "This indication is not offered"


class IntervalTooShort(Rejected):
    """Less time between sessions than the indication needs.  Carries `least_days`."""

    type = "interval-too-short"
    title = "The interval between sessions is too short"


class PriceIncomplete(Rejected):
    """An amount without a currency, or the reverse."""

    type = "price-incomplete"
    title = "A price needs an amount and a currency"


def check(
    indication: str, interval_days: int, price_minor: int | None, currency: str | None
) -> None:
    """Raise IndicationNotOffered, IntervalTooShort or PriceIncomplete."""
    least = LEAST_INTERVAL_DAYS.get(indication)
    if least is None:
        raise IndicationNotOffered(f"There is no course for {indication}.")
    if interval_days < least:
        raise IntervalTooShort(
            f"Sessions for {indication} are at least {least} days apart.", least_days=least
        )
    if (price_minor is None) != (currency is None):
        raise PriceIncomplete("Give both the amount and its currency, or neither.")


def recovered_at(treated_at: datetime, interval_days: int, zone: ZoneInfo) -> datetime:
    """Return when the next session may begin: as the local day `interval_days` later begins.

    Whole days, so that the same weekday four weeks on is free from the morning.
    """
    day = treated_at.astimezone(zone).date() + timedelta(days=interval_days)
    return local_time.midnight(day, zone)
