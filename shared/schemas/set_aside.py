"""Messages of devices that were acknowledged and could not be stored."""

from shared.schemas.base import INT8, Id, Moment, Text, View, Whole


class SetAsideView(View):
    """A message that was acknowledged and could not be stored as readings."""

    id = Id(required=True)
    clinic_id = Id(required=True, allow_none=True)
    device_id = Id(required=True, allow_none=True)
    topic = Text(required=True)
    reason = Text(required=True)
    detail = Text(required=True)
    bytes = Whole(required=True)
    times = Whole(required=True, most=INT8)
    first_at = Moment(required=True)
    last_at = Moment(required=True)
