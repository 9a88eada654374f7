"""A worker for tests: notes every needle that was dropped."""

import os

from shared.amqp import consumer
from tests import messages
from tests.messages import NEEDLE_DROPPED


class NeedleBlunt(RuntimeError):
    """The needle makes its handler fail."""


def note(tx, event):
    """Note the needle, unless it is blunt."""
    if event.data["blunt"]:
        raise NeedleBlunt
    tx.execute(
        "INSERT INTO noted (event, subject, clinic_id, number, process)"
        " VALUES (%s, %s, %s, %s, %s)",
        (event.id, event.subject, event.clinic_id, event.data["number"], os.getpid()),
    )


HANDLERS = {NEEDLE_DROPPED: note}

if __name__ == "__main__":
    messages.know_the_made_up_event()
    consumer.run("web", HANDLERS)
