"""What devices say of themselves, events and statuses alike: read, and whose it is."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from marshmallow import Schema, ValidationError

from services.device_telemetry.domain import topics
from services.device_telemetry.domain.places import is_on_the_way
from services.device_telemetry.domain.topics import Source
from services.device_telemetry.store import devices, places
from services.device_telemetry.usecases.set_aside import Message, Refused
from shared.db import Transaction
from shared.schemas.batches import BatchUnreadable, field_names, read_object


class Word(NamedTuple):
    """A message as its schema reads it; `on_the_way`: said at a clinic that the device has left."""

    message: Message
    source: Source
    said: Mapping[str, Any]
    on_the_way: bool


def of_known_devices(
    tx: Transaction,
    messages: Sequence[Message],
    form: tuple[Schema, str],
    refused: list[Refused],
    now: datetime,
) -> Iterator[Word]:
    """Hold the devices and yield what they said, in the order in which it came.

    `form` is the schema, and the reason for what is not like it.  The rest is added to `refused`.
    """
    schema, reason = form
    sources = [topics.source(message.topic) for message in messages]
    device_ids = {source.device_id for source in sources if source}
    owners, left = devices.hold(tx, device_ids), places.left(tx, device_ids)
    for message, source in zip(messages, sources, strict=True):
        try:
            said = schema.load(read_object(message.body))
        except (BatchUnreadable, ValidationError, OverflowError) as wrong:
            names = field_names(wrong) if isinstance(wrong, ValidationError) else str(wrong)
            detail = f"Not as the protocol says: {names}"
            refused.append(Refused(message, source, reason, detail))
            continue
        here, _ = owners.get(source.device_id, (None, None)) if source else (None, None)
        on_the_way = source is not None and is_on_the_way(source, here, left, now)
        if source and (on_the_way or here == source.clinic_id):
            yield Word(message, source, said, on_the_way)
        else:
            refused.append(Refused(message, source, "unknown_device", "No such device there."))
