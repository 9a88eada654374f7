"""What devices say of themselves, events and statuses alike: read, and whose it is.

What is said is heard as far as it can be read: a detail that is none hides no danger, and its
message is set aside beside that, so that somebody sees it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from marshmallow import Schema, ValidationError, missing

from services.device_telemetry.domain import topics
from services.device_telemetry.domain.places import is_on_the_way
from services.device_telemetry.domain.topics import Source
from services.device_telemetry.domain.words import DANGERS
from services.device_telemetry.store import devices, places
from services.device_telemetry.usecases.set_aside import Message, Refused
from shared.db import Transaction
from shared.schemas.batches import BatchUnreadable, read_object

_DANGER: Final = re.compile(rb'"event"\s*:\s*"(%s)"' % "|".join(sorted(DANGERS)).encode())


@dataclass(frozen=True, slots=True)
class Form:
    """How words are read; `reason` is why they are set aside when they are not like it.

    `is_enough` says of the fields that could be read (the others are None) whether to heed them.
    """

    schema: Schema
    reason: str
    is_enough: Callable[[Mapping[str, Any]], bool]


class Word(NamedTuple):
    """A message as far as it can be read; `on_the_way`: said at a clinic that the device left."""

    message: Message
    source: Source
    said: Mapping[str, Any]
    on_the_way: bool


def of_known_devices(
    tx: Transaction,
    messages: Sequence[Message],
    form: Form,
    refused: list[Refused],
    now: datetime,
) -> Iterator[Word]:
    """Hold the devices and yield what they said, in the order in which it came.

    What is not as `form` asks is added to `refused`, also where enough of it is heard.
    """
    sources = [topics.source(message.topic) for message in messages]
    device_ids = {source.device_id for source in sources if source}
    owners, left = devices.hold(tx, device_ids), places.left(tx, device_ids)
    for message, source in zip(messages, sources, strict=True):
        said, unread = _read(message.body, form.schema)
        if not form.is_enough(said):
            detail = f"Not as the protocol says: {unread}"
            refused.append(Refused(message, source, form.reason, detail))
            continue
        here, _ = owners.get(source.device_id, (None, None)) if source else (None, None)
        came_at = message.came_at or now
        on_the_way = source is not None and is_on_the_way(source, here, left, came_at)
        if source is None or not (on_the_way or here == source.clinic_id):
            refused.append(Refused(message, source, "unknown_device", "No such device there."))
            continue
        if unread:
            detail = f"Heard, but for what is not as the protocol says: {unread}"
            refused.append(Refused(message, source, form.reason, detail))
        yield Word(message, source, said, on_the_way)


def _read(body: bytes, schema: Schema) -> tuple[dict[str, Any], str]:
    """Return every field, None where it cannot be read, and the names of what cannot."""
    wrong = ""
    try:
        given = read_object(body)
    except BatchUnreadable as unreadable:
        # cut off, or a code that is no text: what it is called is all that matters then
        danger = _DANGER.search(body)
        given = {"event": danger[1].decode()} if danger else {}
        wrong = str(unreadable)
    said: dict[str, Any] = {}
    unread = []
    for name, field in schema.fields.items():
        try:
            said[name] = field.deserialize(given.get(name, missing), name, given)
        except (ValidationError, OverflowError):
            said[name] = None
            unread.append(name)
    return said, wrong or ", ".join(sorted(unread))
