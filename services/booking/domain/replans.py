"""Where an appointment could go instead, and what may be overlooked because it was promised."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.booking.domain import treatments
from services.booking.domain.availability import Board, Place, minute, minute_up
from services.booking.domain.situation import Recovery, Situation
from shared.errors import Conflict

REACH = (timedelta(days=7), timedelta(days=21))  # to each side; looked at further only if needed
_MINUTE = timedelta(minutes=1)
# At its own time an appointment stands already: notice, steps and horizon were kept when it was
# booked, and the skin is treated no sooner.
_KEPT = frozenset({"in_the_past", "too_soon", "too_far_ahead", "between_steps", "skin_recovering"})


class ReplanRefused(Conflict):
    """One of the appointments cannot be re-planned, so none is.  Carries `results`, one each."""

    type = "replan-refused"
    title = "Not every appointment can be re-planned"


@dataclass(frozen=True, slots=True)
class Held:
    """The place that an appointment has now."""

    starts_at: datetime
    ends_at: datetime
    practitioner_id: UUID
    room_id: UUID
    device_id: UUID | None

    def same_things(self, place: Place) -> bool:
        """Say whether the room and the device are those that it has."""
        device_id = place.device.id if place.device else None
        return (place.room.id, device_id) == (self.room_id, self.device_id)


@dataclass(frozen=True, slots=True)
class Alternative:
    """A place that an appointment could take.

    `kind` is swap (same time and practitioner, another room or device), other_practitioner (same
    time), other_time (same practitioner) or other (another time and practitioner).
    """

    kind: str
    starts_at: datetime
    ends_at: datetime
    place: Place


@dataclass(slots=True)
class Promises:
    """Places that are proposed to others already, so that no two proposals collide."""

    busy: dict[UUID, list[tuple[int, int]]] = field(default_factory=dict)
    treated: list[tuple[UUID, str, Recovery]] = field(default_factory=list)

    def add(
        self, taken: Iterable[tuple[UUID, datetime, datetime]], starts_at: datetime, of: Situation
    ) -> None:
        """Remember who and what a proposal takes, and the client's skin."""
        for what, begins, ends in taken:
            self.busy.setdefault(what, []).append((minute(begins), minute_up(ends)))
        if of.client is not None:
            days, zone = of.treatment.interval_days, of.clinic.zone
            recovery = Recovery(starts_at, treatments.recovered_at(starts_at, days, zone))
            self.treated.append((of.client.id, of.treatment.recovery_group, recovery))

    def kept_in(self, situation: Situation) -> Situation:
        """Return the situation in which the proposals so far are booked."""
        client = situation.client
        if client is not None:
            group = situation.treatment.recovery_group
            known = tuple(
                recovery
                for who, what, recovery in self.treated
                if (who, what) == (client.id, group)
            )
            client = replace(self._busier(client), recoveries=client.recoveries + known)
        return replace(
            situation,
            practitioners=tuple(map(self._busier, situation.practitioners)),
            rooms=tuple(map(self._busier, situation.rooms)),
            devices=tuple(map(self._busier, situation.devices)),
            client=client,
        )

    def _busier(self, one: Any) -> Any:
        more = self.busy.get(one.id)
        return replace(one, busy=(*one.busy, *more)) if more else one


def around(held: Held, reach: timedelta, now: datetime) -> tuple[datetime, datetime]:
    """Return the span of starts to look at: its own time, and no other that is over."""
    return min(held.starts_at, max(held.starts_at - reach, now)), held.starts_at + reach


def at_its_time(held: Held, situation: Situation) -> Situation:
    """Return the situation of the appointment's own start and length."""
    length = (held.ends_at - held.starts_at) // _MINUTE
    return replace(
        situation,
        treatment=replace(situation.treatment, duration_minutes=length),
        starts_from=held.starts_at,
        starts_until=held.starts_at + _MINUTE,
    )


def standing(reasons: Sequence[str]) -> list[str]:
    """Return the reasons that hold against an appointment at its own time too."""
    return [each for each in reasons if each not in _KEPT]


def alternatives(
    held: Held, situation: Situation, limit: int, *, movable: bool
) -> list[Alternative]:
    """Return up to `limit` places, in this order: swap, other practitioner, other time, other.

    Times nearest first, of two as near the earlier; the practitioner's own other times are at most
    half of what is shown.  Who is here already (`movable` False) can only swap.
    """
    then = Board(at_its_time(held, situation))
    found = sorted(_same_time(held, then), key=lambda each: each.kind != "swap")
    if not movable:
        return [each for each in found if each.kind == "swap"]
    board = Board(situation)
    near = sorted(
        (each for each in board.times() if each["starts_at"] != held.starts_at),
        key=lambda each: (abs(each["starts_at"] - held.starts_at), each["starts_at"]),
    )
    own = list(_own_times(held, board, near, max(1, limit // 2)))
    others = list(_other_times(held, board, near, limit))
    return [*found, *own, *others][:limit]


def _same_time(held: Held, then: Board) -> Iterator[Alternative]:
    if standing(then.reasons(held.starts_at)):
        return
    for person in then.free(held.starts_at):
        mine = person.id == held.practitioner_id
        place = then.place(held.starts_at, _preferred(held, person.id))
        if not mine:
            yield Alternative("other_practitioner", held.starts_at, held.ends_at, place)
        elif not held.same_things(place):
            yield Alternative("swap", held.starts_at, held.ends_at, place)


def _own_times(
    held: Held, board: Board, near: Sequence[Mapping[str, Any]], most: int
) -> Iterator[Alternative]:
    mine = [each for each in near if held.practitioner_id in each["practitioner_ids"]]
    for each in mine[:most]:
        place = board.place(each["starts_at"], _preferred(held, held.practitioner_id))
        yield Alternative("other_time", each["starts_at"], each["ends_at"], place)


def _other_times(
    held: Held, board: Board, near: Sequence[Mapping[str, Any]], most: int
) -> Iterator[Alternative]:
    theirs = [each for each in near if set(each["practitioner_ids"]) - {held.practitioner_id}]
    for each in theirs[:most]:
        person = next(one for one in each["practitioner_ids"] if one != held.practitioner_id)
        place = board.place(each["starts_at"], _preferred(held, person))
        yield Alternative("other", each["starts_at"], each["ends_at"], place)


def _preferred(held: Held, person: UUID) -> frozenset[UUID]:
    things = {held.room_id, held.device_id} if held.device_id else {held.room_id}
    return frozenset({person, *things})
