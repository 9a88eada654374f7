"""What a clinic may offer, and how long skin recovers after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.booking.domain import local_time
from services.booking.domain.situation import Treatment
from shared.errors import NotFound, Rejected


@dataclass(frozen=True, slots=True)
class Indication:
    """What is known of treating an indication: how many sessions, and how many days between them.

    Fewer sessions than usual are always allowed, for a course may be the rest of one begun
    elsewhere; more than anybody has reported are not.
    """

    usual_sessions: int
    most_sessions: int
    least_interval_days: int
    usual_interval_days: int


# Clinical rules, section 3.  IND-11 (rosacea) is not offered.
INDICATIONS = {
    "IND-01": Indication(4, 6, 28, 30),
    "IND-02": Indication(4, 4, 28, 30),
    "IND-03": Indication(4, 4, 28, 30),
    "IND-04": Indication(4, 4, 28, 30),
    "IND-05": Indication(3, 3, 28, 30),
    "IND-06": Indication(3, 6, 28, 30),
    "IND-07": Indication(3, 6, 14, 30),
    "IND-08": Indication(6, 12, 7, 14),
    "IND-09": Indication(3, 4, 14, 30),
    "IND-10": Indication(3, 6, 28, 35),
    "IND-12": Indication(1, 1, 28, 183),
}


# Clinical rules, section 4.2.  Eyelid (ZON-04), lips' red, mucosa and eye (ZON-12) are not needled.
ZONES = frozenset(f"ZON-{n:02}" for n in range(1, 18)) - {"ZON-04", "ZON-12"}
MOST_MINUTES = 480


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


class ZoneNotOffered(Rejected):
    """The treatment is not offered for this zone, or no treatment is."""

    type = "zone-not-offered"
    title = "This zone is not offered"


class ZonesTooLong(Rejected):
    """The zones together take longer than any treatment."""

    type = "zones-too-long"
    title = "These zones take too long together"


def check_zones(offered: Sequence[Mapping[str, Any]]) -> None:
    """Raise ZoneNotOffered unless each zone may be needled, and is named once."""
    zones = [each["zone"] for each in offered]
    for zone in zones:
        if zone not in ZONES:
            raise ZoneNotOffered(f"There is no zone {zone} that may be needled.")
        if zones.count(zone) > 1:
            raise ZoneNotOffered(f"{zone} is named twice.")


def require_zones(treatment: Treatment) -> None:
    """Raise ZoneNotOffered or ZonesTooLong unless the treatment is offered for its zones."""
    offered = {zone for zone, _ in treatment.zone_minutes}
    unknown = [zone for zone in treatment.zones if zone not in offered]
    if unknown:
        raise ZoneNotOffered(f"{treatment.name} is not offered for {', '.join(unknown)}.")
    if treatment.duration_minutes > MOST_MINUTES:
        raise ZonesTooLong(
            f"These zones take {treatment.duration_minutes} minutes together, more than the "
            f"{MOST_MINUTES} of the longest treatment. Book them in two sessions."
        )


def check(
    indication: str, interval_days: int, price_minor: int | None, currency: str | None
) -> None:
    """Raise IndicationNotOffered, IntervalTooShort or PriceIncomplete."""
    known = INDICATIONS.get(indication)
    if known is None:
        raise IndicationNotOffered(f"There is no course for {indication}.")
    least = known.least_interval_days
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
