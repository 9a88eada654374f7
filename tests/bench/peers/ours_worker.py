"""Our own worker with the same effect.  BENCH_BATCH=1 commits every event by itself."""

import os

from marshmallow import fields

from shared.amqp import consumer
from shared.events.catalogue import EVENTS, EventType
from shared.schemas.base import EventData, Text, Whole

NAME = "bench.needle_dropped.v1"


class NeedleDropped(EventData):
    """The same data as the peers get."""

    number = Whole(required=True)
    zone = Whole(required=True)
    depth_um = Whole(required=True)
    note = Text(required=True)
    tags = fields.List(Text(), load_default=list)


def apply(tx, event):
    """Note the effect."""
    tx.later(
        "INSERT INTO web.effects (id, subject, number) VALUES (%(id)s, %(subject)s, %(number)s)",
        {"id": event.id, "subject": event.subject, "number": event.data["number"]},
    )


def know_the_event():
    """Put the event into this process's catalogue."""
    EVENTS[NAME] = EventType(NAME, NeedleDropped(), "Sent by a benchmark.")


if __name__ == "__main__":
    know_the_event()
    consumer.BATCH = int(os.environ.get("BENCH_BATCH", consumer.BATCH))
    consumer.run("web", {NAME: apply})
