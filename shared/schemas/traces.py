"""What a device did in a session: samples to draw, and a summary to keep."""

from typing import Any

from marshmallow import fields

from shared.schemas.base import Choice, EventData, Id, Moment, Request, Text, View, Whole

MOST_POINTS = 5000


class ZoneSummary(EventData):
    """What was delivered in one zone."""

    zone = Whole(required=True)
    seconds = Whole(required=True)
    samples = Whole(required=True)
    depth_min_um = Whole(required=True, least=-40000)
    depth_median_um = Whole(required=True, least=-40000)
    depth_p95_um = Whole(required=True, least=-40000)
    depth_max_um = Whole(required=True, least=-40000)
    over_limit_permille = Whole(required=True, most=1000)


class TraceArgs(Request):
    """Which part of a session, and how many points at most."""

    from_ = Moment(data_key="from", load_default=None, metadata={"description": "Included"})
    to = Moment(load_default=None, metadata={"description": "Not included"})
    points = Whole(load_default=500, least=2, most=MOST_POINTS, metadata={"description": "At most"})


class PointView(View):
    """One real sample; nothing is averaged."""

    at = Moment(required=True)
    zone = Whole(required=True)
    depth_um = Whole(required=True, least=-32768)
    speed_rpm = Whole(required=True, least=-32768)
    current_ma = Whole(required=True, least=-32768)
    temperature_cc = Whole(required=True, least=-32768)


class Points(fields.List[Any]):
    """Points as the use case wrote them: field by field, 5,000 of them would take 50 ms."""

    def __init__(self) -> None:
        """Describe them as a list of PointView."""
        super().__init__(fields.Nested(PointView), required=True)

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        return value


class TraceView(View):
    """At most as many samples as asked for: the shallowest and deepest of each stretch of time."""

    session_id = Id(required=True)
    device_id = Id(required=True)
    time_zone = Text(required=True)
    samples = Whole(required=True, metadata={"description": "How many there are in that time"})
    picked = Choice(("all", "shallowest_and_deepest"), required=True)
    limits = fields.List(fields.Nested("ZoneLimitView"), required=True)
    points = Points()


class ZoneLimitView(View):
    """How deep the device may go in a zone."""

    zone = Whole(required=True)
    depth_um = Whole(required=True)
    limit_um = Whole(required=True)
    passes = Whole(required=True)


class SummaryView(View):
    """What was delivered, zone by zone; final once the session has ended and no gap is open."""

    session_id = Id(required=True)
    clinic_id = Id(required=True)
    device_id = Id(required=True)
    state = Choice(("open", "completed", "stopped"), required=True)
    zones = fields.List(fields.Nested(ZoneSummary), required=True)
    gaps = Whole(required=True)
    other_cartridges = fields.List(
        Text(),
        required=True,
        metadata={"description": "Serials in the device that are not the session's"},
    )
    first_at = Moment(required=True, allow_none=True)
    last_at = Moment(required=True, allow_none=True)
