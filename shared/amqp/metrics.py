"""Figures of relays and workers, offered on METRICS_PORT."""

from prometheus_client import Counter, Gauge

PUBLISHED = Counter("needlepoint_events_published_total", "Events handed to the broker")
CONFIRMED = Counter("needlepoint_events_confirmed_total", "Events the broker answers for")
RETURNED = Counter(
    "needlepoint_events_returned_total", "Events that no queue wanted, or the broker refused"
)
NOT_CONFIRMED = Counter(
    "needlepoint_batches_not_confirmed_total", "Batches whose fate stayed unknown: published again"
)
OUTBOX_AGE = Gauge("needlepoint_outbox_oldest_seconds", "Age of the oldest unpublished event")
BLOCKED = Gauge("needlepoint_broker_blocked", "1 while the broker asks publishers to wait")
RECEIVED = Counter(
    "needlepoint_events_received_total", "Events by what became of them", ["outcome"]
)
RECONNECTED = Counter(
    "needlepoint_reconnections_total", "Connections made anew, by cause", ["cause"]
)
RETRYING = Gauge("needlepoint_events_retrying", "Events that wait for another try")
PARKED = Gauge("needlepoint_events_parked", "Events that wait for a person")
