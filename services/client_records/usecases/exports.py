"""Everything that is kept of a client, for the client."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.client_records.store import adverse_events, clients, consents, screenings, sessions
from services.client_records.usecases import accesses, charts
from services.client_records.usecases.clients import view
from shared.db import Transaction

MOST = 10_000  # of each kind: more than a life's treatments


def export(tx: Transaction, client_id: UUID, *, by: UUID, now: datetime) -> dict[str, Any]:
    """Return a client's whole record.  Raises ClientUnknown or ClientErased."""
    client = clients.find(tx, client_id)
    safe = client.safe
    whole = {
        "exported_at": now,
        "client": view(client),
        "screenings": [
            {name: getattr(each, name) for name in each.__slots__}
            | {"overrides": screenings.overrides(tx, safe, each.id)}
            for each in screenings.of_client(tx, safe, client_id, MOST)
        ],
        "consents": consents.of_client(tx, safe, client_id, MOST),
        "sessions": [
            charts.view(tx, client, each) for each in sessions.of_client(tx, client_id, MOST)
        ],
        "adverse_events": adverse_events.of_client(tx, safe, client_id, MOST),
    }
    accesses.note(tx, client, ("client.export", "the client asked"), by=by, now=now)
    return whole
