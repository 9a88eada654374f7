"""Events leave in the business transaction: what is committed is announced, and nothing else."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared import clock, ids, trace
from shared.db import Transaction
from shared.events.catalogue import EVENTS

# The subject's row stays locked until commit: sequence and outbox order agree for each subject.
_EMIT = """
WITH position AS (
    INSERT INTO subject_sequences AS known (subject, last) VALUES (%(subject)s, 1)
    ON CONFLICT (subject) DO UPDATE SET last = known.last + 1
    RETURNING last
)
INSERT INTO outbox (id, type, subject, clinic_id, sequence, time, data, traceparent)
SELECT
    %(id)s, %(type)s, %(subject)s, %(clinic_id)s, position.last, %(time)s, %(data)s,
    %(traceparent)s
FROM position
"""


def emit(
    tx: Transaction, name: str, *, subject: UUID, data: Mapping[str, Any], clinic_id: UUID | None
) -> UUID:
    """Queue event `name` about `subject`; the relay publishes it after the commit.  Return its id.

    Raises ValueError when `data` does not fit the event's schema, KeyError for an unknown name.
    """
    schema = EVENTS[name].schema
    dumped = schema.dump(data)
    if errors := schema.validate(dumped):
        raise ValueError(f"{name} does not fit its schema: {sorted(errors)}")
    event_id = ids.new()
    tx.later(
        _EMIT,
        {
            "id": event_id,
            "type": name,
            "subject": subject,
            "clinic_id": clinic_id,
            "time": clock.now(),
            "data": json.dumps(dumped),
            "traceparent": trace.current(),
        },
    )
    return event_id
