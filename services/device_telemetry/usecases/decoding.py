"""Messages of devices read as batches; what is none is refused with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.device_telemetry.domain import blocks, readings, topics
from services.device_telemetry.domain.readings import Impossible
from services.device_telemetry.domain.topics import Source
from services.device_telemetry.store.batches import Key
from services.device_telemetry.store.streams import Name
from services.device_telemetry.usecases.set_aside import Message, Refused
from shared.schemas import batch_layouts
from shared.schemas.batches import Batch, BatchUnreadable


@dataclass(frozen=True, slots=True)
class Arrival:
    """A batch that could be read, and where it came from."""

    message: Message
    source: Source
    batch: Batch

    @property
    def stream(self) -> Name:
        """Return the device and boot."""
        return self.source.device_id, self.batch.boot_id

    @property
    def key(self) -> Key:
        """Return the batch's name."""
        return self.source.device_id, self.batch.boot_id, self.batch.seq


def read(
    messages: Sequence[Message], now: datetime, refused: list[Refused]
) -> tuple[list[Arrival], list[Arrival]]:
    """Return the batches that devices can have measured, in the order of the messages.

    Then those that none can have, or not at their time, as near to it as can be: they are refused,
    and may yet show a danger.
    """
    arrivals = _readable(messages, refused)
    possible = blocks.possible([each.batch.samples for each in arrivals])
    found, strange = [], []
    for each, is_possible in zip(arrivals, possible, strict=True):
        try:
            if not is_possible:
                readings.require_possible(each.batch.samples)
            readings.require_lately(each.batch.t0, now)
        except Impossible as wrong:
            again_at = readings.can_be_from(each.batch.t0, now)
            refused.append(Refused(each.message, each.source, wrong.reason, str(wrong), again_at))
            nearest = readings.nearest_possible(each.batch.samples)
            strange.append(replace(each, batch=replace(each.batch, samples=nearest)))
        else:
            found.append(each)
    return found, strange


def _readable(messages: Sequence[Message], refused: list[Refused]) -> list[Arrival]:
    found = []
    batches = batch_layouts.read_all([message.body for message in messages])
    for message, batch in zip(messages, batches, strict=True):
        source = topics.source(message.topic)
        if source is None:
            refused.append(Refused(message, None, "bad_topic", "The topic names no device."))
        elif isinstance(batch, BatchUnreadable):
            refused.append(Refused(message, source, batch.reason, str(batch)))
        else:
            found.append(Arrival(message, source, batch))
    return found
