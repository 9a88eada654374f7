"""Process device-telemetry-timer: silence, gaps, late summaries, days, secrets that ended."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.device_telemetry.clients import broker
from services.device_telemetry.settings import Settings
from services.device_telemetry.store import cuts
from services.device_telemetry.store.set_aside import NOBODY
from services.device_telemetry.usecases import (
    alarms,
    audits,
    clocks,
    commands,
    credentials,
    days,
    device_events,
    devices,
    escalation,
    firmware,
    places,
    replays,
    sessions,
    set_aside,
    statuses,
)
from shared import db, logging, timer

SETTLED = timedelta(seconds=1)  # whom the broker let in just before is connected by now
AT_ONCE = 50
TRIED_AT_ONCE = 20  # of what was set aside, before the other jobs have their turn
PAUSE = timedelta(seconds=10)  # while the broker's management does not answer
log = logging.logger("needlepoint.doorkeeper")


class Doorkeeper:
    """Cuts the connections that are due, however long the broker was away.

    Once for each order: a device that has another way in comes back at once and stays.
    """

    def __init__(self) -> None:
        """Nothing stands against it yet."""
        self._again_at: datetime | None = None

    def __call__(self, now: datetime) -> bool:
        """Cut what is due; say whether there may be more."""
        if self._again_at and now < self._again_at:
            return False
        until = now - SETTLED
        with db.transaction(db.EVERY_CLINIC) as tx:
            due = [
                (device_id, credentials.certificates(tx, device_id, now))
                for device_id in cuts.due(tx, until, AT_ONCE)
            ]
        done = list(self._cut(due, now))
        if done:
            with db.transaction(db.EVERY_CLINIC) as tx:
                cuts.done(tx, done, until)
        return len(done) == AT_ONCE

    def _cut(self, due: Sequence[tuple[UUID, list[UUID]]], now: datetime) -> Iterator[UUID]:
        """Yield whom the broker has cut; stop where it does not answer."""
        self._again_at = None
        try:
            for device_id, certificates in due:
                broker.disconnect(broker.address(), device_id, certificates)
                yield device_id
        except broker.BrokerUnreachable as gone:
            self._again_at = now + PAUSE
            reason = str(gone)
            log.warning("connections stay until the broker answers", count=len(due), reason=reason)


class Replayer:
    """Tries again what was set aside, of one sender after the other, each in its own transaction.

    One pen whose clock was wild may have half a million: another's one is tried in the same turn.
    """

    def __init__(self) -> None:
        """Begin with any of them."""
        self._last = NOBODY

    def __call__(self, now: datetime) -> bool:
        """Try some; say whether there may be more."""
        with db.transaction(db.EVERY_CLINIC) as tx:
            senders = replays.senders_due(tx, now)
        after = bisect_right(senders, self._last)
        turns = deque(senders[after:] + senders[:after])
        for _ in range(TRIED_AT_ONCE):
            if not turns:
                break
            self._last = sender = turns.popleft()  # also when trying fails: then it is others' turn
            with db.transaction(db.EVERY_CLINIC) as tx:
                if replays.replay_due(tx, sender, now):
                    turns.append(sender)
        return bool(turns)


def every(interval: timedelta, job: timer.Job) -> timer.Outside:
    """Return a job that does its work once an interval; one that has more to do goes on at once.

    It counts as done when it is committed, so that one which failed is tried in the next turn.
    """
    last: list[datetime] = []

    def work(now: datetime) -> bool:
        if last and now - last[0] < interval:
            return False
        with db.transaction(db.EVERY_CLINIC) as tx:
            more = job(tx, now) is True
        if not more:
            last[:] = [now]
        return more

    return timer.Outside(work)


JOBS: dict[str, timer.Job | timer.Outside] = {
    "make days ahead": every(timedelta(minutes=10), days.make_ahead),
    "count days ahead": every(timedelta(minutes=10), days.count_ahead),
    "drop old days": every(timedelta(hours=1), days.drop_old),
    "forget what was noted of old days": every(timedelta(hours=1), days.forget_noted),
    "forget old minutes": every(timedelta(hours=1), days.forget_minutes),
    "audit yesterday": every(timedelta(hours=1), audits.audit),
    "find silent devices": statuses.sweep,
    "find old gaps": statuses.sweep_gaps,
    "find clocks that are right": every(timedelta(seconds=10), clocks.sweep),
    "end forgotten alarms": alarms.end_forgotten,
    "escalate alarms": escalation.escalate,
    "find unknown sessions": sessions.sweep_unknown,
    "summarise late readings": sessions.summarise_due,
    "withdraw overdue devices": every(timedelta(minutes=1), devices.withdraw_overdue),
    "judge firmware": firmware.judge,
    "follow moved devices": every(timedelta(minutes=10), places.follow),
    "cut connections": timer.Outside(Doorkeeper()),
    "store what was set aside": timer.Outside(Replayer()),
    "forget what was set aside": every(timedelta(minutes=10), set_aside.forget_old),
    "forget old commands": every(timedelta(hours=1), commands.forget_old),
    "forget old events": every(timedelta(hours=1), device_events.forget_old),
}


def main() -> None:
    """Run until told to stop."""
    Settings.from_env()  # what is missing stops the start, not the first cut that is due
    timer.run("device_telemetry", JOBS, every_s=2)


if __name__ == "__main__":
    main()
