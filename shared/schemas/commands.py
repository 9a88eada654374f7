"""What the platform tells devices, as staff see it."""

from shared.schemas.base import Choice, Id, Moment, View

COMMANDS = ("stop", "set_limits", "identify")
STATES = ("waiting", "answered", "unanswered")


class CommandView(View):
    """A command to a device, and whether the device has answered that it obeyed."""

    id = Id(required=True)
    device_id = Id(required=True)
    command = Choice(COMMANDS, required=True)
    state = Choice(
        STATES,
        required=True,
        metadata={"description": "unanswered: it was not obeyed in time, and is said no more"},
    )
    made_at = Moment(required=True)
    expires_at = Moment(required=True, metadata={"description": "Until then it is said again"})
    done_at = Moment(required=True, allow_none=True)
