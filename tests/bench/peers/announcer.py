"""Commits business rows and announces each, the way a web process would with the peer's own tools.

`python -m tests.bench.peers.announcer celery FIRST LAST PER_SECOND [facts]`; it begins at a line on
stdin.  A peer's publish that fails is repeated until the broker takes it; what a killed announcer
had committed and not yet published is nobody's business any more, because there is no outbox.
"""

import importlib
import random
import sys
import time
import uuid

from tests.bench.peers import common

PAUSE_S = 0.3
SUBJECTS = [str(uuid.UUID(int=number)) for number in range(200)]


def main():
    system, first, last, per_second, *more = sys.argv[1:]
    peer = importlib.import_module(f"tests.bench.peers.{system}_app")
    pace = float(per_second)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    began = time.monotonic()
    for number in range(int(first), int(last)):
        if pace:
            time.sleep(max(0.0, began + (number - int(first)) / pace - time.monotonic()))
        subject = SUBJECTS[number % len(SUBJECTS)]
        if system == "ours":
            peer.announce(subject, number)
            continue
        event_id = str(uuid.UUID(int=random.getrandbits(128)))
        if more:
            common.store_fact(event_id, number)
        _publish(peer, common.event(event_id, subject, number))


def _publish(peer, event):
    while True:
        try:
            peer.publish(event)
        except Exception:  # noqa: BLE001 # whatever the peer raises while the broker is away
            time.sleep(PAUSE_S)
        else:
            return


if __name__ == "__main__":
    main()
