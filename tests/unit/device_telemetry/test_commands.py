"""What devices are told, and for how long it is worth saying."""

from datetime import UTC, datetime, timedelta

import pytest

from services.device_telemetry.domain import commands
from shared import ids

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)


def test_a_command_is_said_again_ever_more_rarely():
    waits = [(commands.next_at(n, NOON) - NOON).total_seconds() for n in range(7)]
    assert waits == [2, 4, 8, 16, 30, 30, 30]
    assert commands.next_at(100_000, NOON) == NOON + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("command", "minutes"), [("stop", 2), ("set_limits", 4 * 60), ("identify", 1)]
)
def test_a_command_is_worth_saying_for_so_long(command, minutes):
    """As docs/device-protocol.md says; a session's limits as long as a device may stay off."""
    assert commands.expires_at(command, NOON) == NOON + timedelta(minutes=minutes)


def test_whoever_is_to_blink_is_told_so_outside_of_any_session():
    command_id, device, clinic = (ids.new() for _ in range(3))
    told = commands.identify(command_id, device, clinic)
    assert (told.id, told.device_id, told.clinic_id) == (command_id, device, clinic)
    assert (told.command, told.session_id) == ("identify", None)
    name = {"v": 1, "id": str(command_id)}
    assert told.body == name | {"command": "identify", "session_id": None}


def test_every_command_is_filed_as_what_it_says():
    command_id, device, clinic, session = (ids.new() for _ in range(4))
    some = {"cartridge": {"lot": "L", "serial": "S"}, "limits": ()}
    for told in (
        commands.stop(command_id, device, clinic, session, "fault"),
        commands.set_limits(command_id, device, clinic, session, **some),
    ):
        assert (told.id, told.device_id, told.clinic_id) == (command_id, device, clinic)
        assert told.session_id == session
        assert told.body["session_id"] == str(session)
        assert told.body["command"] == told.command
    assert commands.stop(command_id, device, clinic, None, "fault").body["session_id"] is None
