"""Which alarms there are, how hard they are, and when they end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from shared.errors import NotFound

# No source gives these limits: they are the platform's own policy, told in docs/device-protocol.md.
MOTOR_HOT_CC: Final = 5500
CURRENT_HIGH_MA: Final = 900
BATTERY_LOW_PERMILLE: Final = 150
CLOCK_WILD: Final = timedelta(seconds=60)
QUIET_BEFORE_CLEAR: Final = timedelta(seconds=5)  # hysteresis: so long below before an alarm ends
SILENT_NEEDLING: Final = timedelta(seconds=10)
SILENT_IDLE: Final = timedelta(seconds=75)  # two of the half-minute statuses missed
OFFLINE: Final = timedelta(seconds=95)  # three missed
GAP_OPEN: Final = timedelta(minutes=15)
LATE: Final = timedelta(seconds=60)  # older than this, a stop would end another treatment
ESCALATED_AFTER: Final[Mapping[str, timedelta]] = {  # by severity, unseen for so long
    "hard": timedelta(seconds=60),
    "soft": timedelta(minutes=15),
}
AFTER_THE_END: Final = timedelta(seconds=10)  # the last of a session is still under way
FORGOTTEN: Final = timedelta(minutes=1)  # so long nothing further of what nobody goes on with

# hard: the device is told to stop
SEVERITIES: Final[Mapping[str, str]] = {
    "depth_over_limit": "hard",
    "wrong_zone": "hard",
    "cartridge_reused": "hard",
    "cartridge_expired": "hard",
    "motor_hot": "hard",
    "fault": "hard",
    "no_session": "soft",
    "current_high": "soft",
    "battery_low": "soft",
    "silent": "soft",
    "clock_wild": "soft",
    "gap_open": "soft",
}

# what readings show, and readings end
MEASURED: Final = frozenset(
    {"depth_over_limit", "wrong_zone", "no_session", "motor_hot", "current_high"}
)
OF_CARTRIDGE: Final = frozenset({"cartridge_reused", "cartridge_expired"})
# wrong with the device itself: whoever is treated with it now is in danger
OF_DEVICE: Final = frozenset({"motor_hot", "fault"})
# told with the moment when it happened: that may be long ago
TIMED: Final = MEASURED | OF_CARTRIDGE | {"fault"}
# the others are about the device itself, whoever is treated with it
ENDED_WITH_SESSION: Final = MEASURED | OF_CARTRIDGE | {"silent"}


class AlarmUnknown(NotFound):
    """No such alarm in the caller's clinics."""

    type = "alarm-unknown"
    title = "No such alarm"


@dataclass(frozen=True, slots=True)
class Cause:
    """What raises an alarm, or keeps it open.  `value` and `limit` in the unit of the kind.

    `last_at` is the device's clock; `ended_at` ours: when the session ended that it names, if it
    has.  `offset_ms` is set for readings: the least (received - end of
    a batch) of their boot, so the clock's error and the shortest delay together.
    """

    kind: str
    device_id: UUID
    clinic_id: UUID
    session_id: UUID | None
    last_at: datetime
    zone: int | None = None
    value: int | None = None
    limit: int | None = None
    offset_ms: int | None = None
    ended_at: datetime | None = None
    boot_id: int | None = None  # of readings
    started_ms: int | None = None  # of readings: their start by the device's clock, since 1970
    late: bool = False  # known to be of long ago, whatever its clock says
    waits: bool = False  # raises nothing yet, its session may be announced; an open alarm goes on

    @property
    def severity(self) -> str:
        """Return `hard` when the device must stop, else `soft`."""
        return SEVERITIES[self.kind]

    @property
    def stops(self) -> bool:
        """Say whether the device must stop: also when it goes on with a session that has ended."""
        return self.severity == "hard" or (self.kind == "no_session" and self.ended_at is not None)

    def is_over(self, happened_at: datetime) -> bool:
        """Say whether this happened in a session that has ended since: it is nobody's danger now.

        What is wrong with the device itself is.  `happened_at` by our clock.
        """
        if self.ended_at is None or self.kind in OF_DEVICE:
            return False
        return not is_after(self.ended_at, happened_at)


def is_after(ended_at: datetime, happened_at: datetime) -> bool:
    """Say whether something happened after a session, by our clock, and not just at its end."""
    return happened_at > ended_at + AFTER_THE_END


def is_expired(expires_on: date, at: datetime) -> bool:
    """Say whether a cartridge is out of date, with half a day's grace for the clinic's zone."""
    return expires_on < (at - timedelta(hours=12)).date()


def has_ended(last_over_at: datetime, quiet_until: datetime) -> bool:
    """Say whether readings up to `quiet_until` show long enough that the cause is over."""
    return quiet_until - last_over_at >= QUIET_BEFORE_CLEAR
