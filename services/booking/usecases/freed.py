"""Finding somebody in line for a place that became free.

Every offer is one transaction of its own: hold, offer, event and how far the line was worked off
stand or fall together, so a crash at any moment offers a place once.  It locks the freed place,
one entry, then what the hold takes; nobody else goes the other way.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.booking.domain import local_time
from services.booking.domain import waiting as rules
from services.booking.domain.availability import Board
from services.booking.domain.changes import Change
from services.booking.domain.waiting import Wishes
from services.booking.store import freed as store
from services.booking.store import offers, waiting
from services.booking.usecases import availability, holds, policies
from services.booking.usecases.availability import Question
from services.booking.usecases.holds import Hold
from shared import ids, outbox
from shared.db import Transaction
from shared.errors import DomainError

LOOKS = 20  # entries that one transaction looks at
_MINUTE = timedelta(minutes=1)


def offer_next(tx: Transaction, now: datetime) -> bool:
    """Offer one freed place to the first in line whom it suits.  For the timer.

    Say whether there may be more to do.  At night nobody is asked: the place waits for 08:00.
    """
    place = store.take(tx, now)
    if place is None:
        return False
    zone = ZoneInfo(place["time_zone"])
    if place["ends_at"] <= now:
        store.forget(tx, place["id"])
    elif rules.is_quiet(now, zone):
        store.postpone(tx, place["id"], rules.quiet_ends(now, zone))
    else:
        _work_off(tx, place, zone, now)
    return True


def look(tx: Transaction, now: datetime) -> bool:
    """Look for places that nobody said were freed: new hours, a new room.  For the timer.

    What is found is not given to whom it was found for, but to the first in line.  An entry is
    looked at every ten minutes, a month of the calendar at a time.  Who had the appointment that an
    earlier one should replace waits no longer.  Say whether there may be more.
    """
    found = waiting.to_look(tx, now, LOOKS)
    for entry in found:
        zone = ZoneInfo(entry["time_zone"])
        if entry["own_status"] in rules.BEGUN:
            _own_has_begun(tx, entry, now)
            continue
        if rules.is_quiet(now, zone):
            waiting.looked(tx, entry["id"], rules.quiet_ends(now, zone), entry["looked_until"])
            continue
        first_day = local_time.midnight(entry["from_day"], zone)
        begins = max(now, first_day, entry["looked_until"] or now)
        ends = begins + rules.LOOK_AHEAD
        starts = _starts(tx, entry, (begins, ends), zone, now)
        if starts:
            store.note(tx, entry["clinic_id"], starts[0], starts[0] + _MINUTE, now)
        far = None if starts or ends >= entry["expires_at"] else ends
        waiting.looked(tx, entry["id"], now + rules.LOOK_EVERY, far)
    return len(found) == LOOKS


def _work_off(tx: Transaction, place: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> None:
    """Look at the next in line, up to the first whom the place suits."""
    wanted = {
        **place,
        "first_day": place["starts_at"].astimezone(zone).date() - timedelta(days=1),
        "last_day": place["ends_at"].astimezone(zone).date(),
        "limit": LOOKS,
    }
    line = waiting.line(tx, wanted)
    for entry in line:
        # a treatment that begins before, and reaches into what was freed, is possible now too
        begins = place["starts_at"] - entry["occupied_minutes"] * _MINUTE
        starts = _starts(tx, entry, (begins, place["ends_at"]), zone, now)
        if starts:
            starts_at = min(starts, key=lambda at: _distance(at, place["starts_at"]))
            if _offered(tx, place, entry, starts_at, now):
                store.advance(tx, place["id"], entry)
            return
    if len(line) == LOOKS:
        store.advance(tx, place["id"], line[-1])
    else:
        store.forget(tx, place["id"])


def _own_has_begun(tx: Transaction, entry: Mapping[str, Any], now: datetime) -> None:
    """Close an entry whose own appointment is over; that the client arrived can still be undone."""
    if rules.is_served(entry["own_status"], entry["own_ends_at"], now):
        waiting.enter(tx, entry["id"], "expired", now)
    else:
        waiting.looked(tx, entry["id"], now + rules.LOOK_EVERY, entry["looked_until"])


def _zones(entry: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the zones to treat; None: the whole, or those of the appointment that would move."""
    if entry["gives_up_id"] is not None or entry["zones"] is None:
        return None
    return tuple(entry["zones"])


def _distance(starts_at: datetime, freed_at: datetime) -> tuple[bool, timedelta]:
    """Prefer what begins in the freed time, as early as can be: nothing is left between."""
    return (starts_at < freed_at, abs(starts_at - freed_at))


def _starts(
    tx: Transaction,
    entry: Mapping[str, Any],
    span: tuple[datetime, datetime],
    zone: ZoneInfo,
    now: datetime,
) -> list[datetime]:
    """Return the starts in a span that are possible, suit, and were not offered before."""
    wishes = Wishes.of(entry)
    begins = max(span[0], now, local_time.midnight(wishes.from_day, zone))
    ends = min(span[1], entry["expires_at"], entry["gives_up_at"] or span[1])
    if begins >= ends:
        return []
    question = Question(
        entry["clinic_id"],
        entry["treatment_id"],
        begins,
        ends,
        practitioner_id=entry["practitioner_id"],
        client_id=entry["client_id"],
        except_id=entry["gives_up_id"],
        zones=_zones(entry),
    )
    try:
        situation, _ = availability.look(tx, question, now)
    except DomainError:  # a closed clinic, or a client who moved: nothing suits now
        return []
    possible = (each["starts_at"] for each in Board(situation, explains=False).times())
    fitting = rules.fitting(wishes, situation, possible, entry["gives_up_at"])
    return rules.fresh(fitting, entry["offered"], situation)


def _offered(
    tx: Transaction,
    place: Mapping[str, Any],
    entry: Mapping[str, Any],
    starts_at: datetime,
    now: datetime,
) -> bool:
    """Keep the place for somebody and tell them.

    False: the entry changed meanwhile, and the line is looked at again.  True also when somebody
    else took the place meanwhile.
    """
    seen = waiting.find(tx, entry["id"], lock=True)
    if seen is None or (seen["status"], seen["version"]) != ("waiting", entry["version"]):
        return False
    minutes = policies.of(tx, entry["clinic_id"]).offer_minutes
    wanted = Hold(
        id=ids.new(),
        clinic_id=entry["clinic_id"],
        treatment_id=entry["treatment_id"],
        starts_at=starts_at,
        client_id=entry["client_id"],
        practitioner_id=entry["practitioner_id"],
        zones=_zones(entry),
        expires_at=rules.answer_by(
            Wishes.of(entry), place["lead_minutes"], starts_at, now, minutes
        ),
        except_id=entry["gives_up_id"],
    )
    try:
        held = holds.hold(tx, wanted, Change(None, now))
    except DomainError:
        return True
    offer = {**held, "entry_id": entry["id"], "now": now}
    offers.insert(tx, offer)
    waiting.enter(tx, entry["id"], "offered", now)
    data = {**offer, "offer_id": held["id"]}
    outbox.emit(
        tx,
        "booking.place_offered.v1",
        subject=held["id"],
        data=data,
        clinic_id=entry["clinic_id"],
    )
    return True
