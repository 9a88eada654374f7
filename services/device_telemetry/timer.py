"""Process device-telemetry-timer: silence, gaps, late summaries, days, secrets that ended."""

from datetime import datetime, timedelta
from uuid import UUID

from services.device_telemetry.clients import broker
from services.device_telemetry.settings import Settings
from services.device_telemetry.store import credentials
from services.device_telemetry.usecases import (
    alarms,
    audits,
    commands,
    days,
    devices,
    escalation,
    firmware,
    places,
    sessions,
    statuses,
)
from shared import timer
from shared.db import Transaction

LOOK_BACK = timedelta(seconds=60)
SETTLED = timedelta(seconds=1)  # whom the broker let in just before is connected by now


class Doorkeeper:
    """Cuts connections that were opened with a secret that has ended since.

    Once for each end: a device that has another secret comes back at once and stays.
    """

    def __init__(self) -> None:
        """Remember nobody yet."""
        self._cut: dict[UUID, datetime] = {}

    def __call__(self, tx: Transaction, now: datetime) -> None:
        """Cut those whose secret ended since the last look."""
        ended = credentials.lately_ended(tx, now - LOOK_BACK, now - SETTLED)
        for device_id, ended_at in ended.items():
            if self._cut.get(device_id) != ended_at:
                broker.disconnect(Settings.from_env().management_url, device_id)
        self._cut = ended


def every(interval: timedelta, job: timer.Job) -> timer.Job:
    """Return a job that does its work once an interval; one that has more to do goes on at once."""
    last: list[datetime] = []

    def run(tx: Transaction, now: datetime) -> bool:
        if last and now - last[0] < interval:
            return False
        more = job(tx, now) is True
        if not more:
            last[:] = [now]
        return more

    return run


JOBS: dict[str, timer.Job] = {
    "make days ahead": every(timedelta(minutes=10), days.make_ahead),
    "drop old days": every(timedelta(hours=1), days.drop_old),
    "forget old minutes": every(timedelta(hours=1), days.forget_minutes),
    "audit yesterday": every(timedelta(hours=1), audits.audit),
    "find silent devices": statuses.sweep,
    "find old gaps": statuses.sweep_gaps,
    "end forgotten alarms": alarms.end_forgotten,
    "escalate alarms": escalation.escalate,
    "find unknown sessions": sessions.sweep_unknown,
    "summarise late readings": sessions.summarise_due,
    "withdraw overdue devices": every(timedelta(minutes=1), devices.withdraw_overdue),
    "judge firmware": firmware.judge,
    "follow moved devices": every(timedelta(minutes=10), places.follow),
    "cut connections": Doorkeeper(),
    "forget old commands": every(timedelta(hours=1), commands.forget_old),
}


def main() -> None:
    """Run until told to stop."""
    timer.run("device_telemetry", JOBS, every_s=2)


if __name__ == "__main__":
    main()
