"""What clients do with a place of the waiting list by a signed link."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from services.booking.domain.appointments import HoldLapsed
from services.booking.domain.changes import Change
from services.booking.domain.links import LinkUsed, TimeGone
from services.booking.domain.waiting import OfferClosed, OfferUnknown
from services.booking.usecases import clinics, offers
from shared import links
from shared.db import Transaction
from shared.errors import Conflict, NotFound, Rejected
from shared.links import Link, LinkExpired

_OVER = {
    "accepted": "You have taken this place.",
    "declined": "You said that this place does not suit you.",
    "lapsed": "The time to answer is over; the place went to the next in line.",
    "withdrawn": "This place is kept for you no longer.",
}


def show(tx: Transaction, link: Link, *, now: datetime) -> dict[str, Any]:
    """Return what the client may see of the offered place.  Raises LinkInvalid."""
    return _seen(tx, link, _offer(tx, link), now)


def accept(tx: Transaction, link: Link, *, now: datetime) -> dict[str, Any]:
    """Take the place; taking it twice changes nothing.

    Raises LinkInvalid, LinkUsed, LinkExpired or TimeGone.
    """
    return _answer(tx, link, offers.accept, now)


def decline(tx: Transaction, link: Link, *, now: datetime) -> dict[str, Any]:
    """Leave the place to the next in line; the client waits on.  Raises as `accept`."""
    return _answer(tx, link, offers.decline, now)


def _answer(tx: Transaction, link: Link, say: Callable[..., Any], now: datetime) -> dict[str, Any]:
    _offer(tx, link)
    try:
        say(tx, link.subject, Change(None, now))
    except OfferClosed as closed:
        raise LinkUsed(_OVER.get(closed.members["state"], str(closed))) from closed
    except HoldLapsed as late:
        raise LinkExpired(_OVER["lapsed"]) from late
    except (Conflict, Rejected, NotFound) as refused:
        # why not (who is away, what a screening said) is for the desk, not for an open address
        raise TimeGone("This place cannot be had any more. Please phone the clinic.") from refused
    return _seen(tx, link, _offer(tx, link), now)


def _offer(tx: Transaction, link: Link) -> dict[str, Any]:
    try:
        return offers.find(tx, link.subject)
    except OfferUnknown as gone:
        raise links.invalid() from gone


def _seen(tx: Transaction, link: Link, offer: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    clinic = clinics.find(tx, offer["clinic_id"])
    may = offer["status"] == "open" and now < offer["expires_at"]
    done = offer["status"] in {"accepted", "declined"}
    over = "lapsed" if offer["status"] == "open" else offer["status"]
    seen = ("treatment_name", "starts_at", "ends_at", "time_zone", "status")
    return {
        **{name: offer[name] for name in seen},
        "token": links.mint(link),
        "purpose": link.purpose,
        "clinic_name": clinic["name"],
        "clinic_phone": clinic["phone"],
        "until": offer["expires_at"],
        "may": may,
        "done": done,
        "why_not": None if may or done else _OVER[over],
        "late_fee": None,
        "free_until": None,
    }
