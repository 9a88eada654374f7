"""What one event does, the same for every peer: inbox row and effect in one transaction."""

import os
import threading

import psycopg2

_TAKE = (
    "INSERT INTO web.inbox (id, received_at) VALUES (%s, now()) ON CONFLICT DO NOTHING RETURNING id"
)
_EFFECT = "INSERT INTO web.effects (id, subject, number) VALUES (%s, %s, %s)"
_FACT = "INSERT INTO booking.facts (id, number) VALUES (%s, %s)"
_threads = threading.local()


def connection():
    """Return this thread's connection, opened anew when it was lost."""
    known = getattr(_threads, "connection", None)
    if known is None or known.closed:
        known = _threads.connection = psycopg2.connect(os.environ["DATABASE_URL"])
    return known


def apply(event):
    """Take effect once, however often the event is delivered."""
    with connection() as mine, mine.cursor() as cursor:
        cursor.execute(_TAKE, (event["id"],))
        if cursor.fetchone():
            cursor.execute(_EFFECT, (event["id"], event["subject"], event["data"]["number"]))


def store_fact(event_id, number):
    """Commit the business row that an event tells of."""
    with connection() as mine, mine.cursor() as cursor:
        cursor.execute(_FACT, (event_id, number))


def event(event_id, subject, number):
    """Return an event of the size that ours have."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/booking",
        "type": "bench.needle_dropped.v1",
        "subject": subject,
        "time": "2030-01-07T10:00:00.000000Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:needlepoint:event:bench.needle_dropped.v1",
        "sequence": number + 1,
        "data": {"number": number, "zone": 8, "depth_um": 500, "note": "as planned"},
    }
