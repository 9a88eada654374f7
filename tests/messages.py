"""Messages as a broker would deliver them, and a made-up event for tests of the carrying itself.

`a_message(type, data, subject=..., clinic_id=...)` makes what `consumer.receive(service, HANDLERS,
body)` takes; sequences rise by themselves, so that each message is newer than the last.
"""

import itertools
import json
import os
import subprocess
import sys
from contextlib import contextmanager

from shared import clock, ids
from shared.amqp import wire
from shared.events.catalogue import EVENTS, EventType
from shared.schemas.base import EventData, Flag, Text, Whole

NEEDLE_DROPPED = "testing.needle_dropped.v1"
_sequences = itertools.count(1)


class NeedleDropped(EventData):
    """A made-up event.  A `blunt` needle makes the listener fail, a `stolen` one ends it."""

    number = Whole(required=True)
    note = Text(load_default="")
    blunt = Flag(load_default=False)


def know_the_made_up_event():
    """Put the made-up event into this process's catalogue."""
    EVENTS[NEEDLE_DROPPED] = EventType(NEEDLE_DROPPED, NeedleDropped(), "Sent by tests.")


def a_message(event_type, data, *, subject=None, clinic_id=None, sequence=None, **head) -> bytes:
    """Return a message; `head` replaces attributes of the envelope, None removes one."""
    told = {
        "specversion": "1.0",
        "id": str(ids.new()),
        "source": wire.source(event_type),
        "type": event_type,
        "subject": str(subject or ids.new()),
        "time": clock.now().isoformat(),
        "datacontenttype": "application/json",
        "sequence": next(_sequences) if sequence is None else sequence,
        "data": data,
    }
    if clinic_id:
        told["clinicid"] = str(clinic_id)
    told |= head
    return json.dumps({name: value for name, value in told.items() if value is not None}).encode()


@contextmanager
def process(module, *, log, **environment):
    """Run `python -m module` until the block ends; its output goes to the file `log`."""
    running = start(module, log=log, **environment)
    try:
        yield running
    finally:
        end(running)


def start(module, *, log, **environment) -> subprocess.Popen:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", module],
            env=os.environ | {"NEEDLEPOINT_ENV": "development"} | environment,
            stdout=output,
            stderr=output,
        )


def end(running: subprocess.Popen) -> int:
    """Ask a process to end and return its exit code."""
    running.terminate()
    try:
        return running.wait(90)
    except subprocess.TimeoutExpired:
        running.kill()
        return running.wait(5)
