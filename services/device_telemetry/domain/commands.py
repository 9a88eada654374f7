"""What the platform tells a device, and for how long it says it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from shared.errors import NotFound

KEPT: Final = {
    "stop": timedelta(minutes=2),
    "set_limits": timedelta(hours=4),  # a device that was off still learns of its session
    "identify": timedelta(minutes=1),
}
_FIRST_WAIT_S, _LONGEST_WAIT_S = 2, 30


class CommandUnknown(NotFound):
    """No such command to a device of the caller's clinics, or it is long over."""

    type = "command-unknown"
    title = "No such command"


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `body` is what the device receives."""

    id: UUID
    device_id: UUID
    clinic_id: UUID
    session_id: UUID | None
    command: str
    body: dict[str, Any]


def stop(
    command_id: UUID, device_id: UUID, clinic_id: UUID, session_id: UUID | None, reason: str
) -> Command:
    """Return the command to stop needling; `reason` is an alarm's kind or `session_ended`."""
    body = _body(command_id, "stop", session_id) | {"reason": reason}
    return Command(command_id, device_id, clinic_id, session_id, "stop", body)


def set_limits(
    command_id: UUID,
    device_id: UUID,
    clinic_id: UUID,
    session_id: UUID,
    *,
    cartridge: Mapping[str, str],
    limits: Sequence[Mapping[str, int]],
) -> Command:
    """Return the command that opens a session on the device; limits as in session_started."""
    body = _body(command_id, "set_limits", session_id)
    body |= {"cartridge": dict(cartridge), "limits": list(limits)}
    return Command(command_id, device_id, clinic_id, session_id, "set_limits", body)


def identify(command_id: UUID, device_id: UUID, clinic_id: UUID) -> Command:
    """Return the command to blink."""
    body = _body(command_id, "identify", None)
    return Command(command_id, device_id, clinic_id, None, "identify", body)


def expires_at(command: str, now: datetime) -> datetime:
    """Return when a command is no longer worth saying."""
    return now + KEPT[command]


def next_at(attempts: int, now: datetime) -> datetime:
    """Return when to say a command again that was said `attempts` times."""
    wait_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** min(attempts, 10))
    return now + timedelta(seconds=wait_s)


def _body(command_id: UUID, command: str, session_id: UUID | None) -> dict[str, Any]:
    session = str(session_id) if session_id else None
    return {"v": 1, "id": str(command_id), "command": command, "session_id": session}
