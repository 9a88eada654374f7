"""From when to when, as a query asks: moments, or days by the clinic's clock."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from marshmallow import ValidationError

from services.booking.usecases import clinics
from shared.db import Transaction

_CLOCK_CHANGE = timedelta(hours=2)  # a span of days may be this much longer


def resolved(
    tx: Transaction, clinic_id: UUID, query: Mapping[str, Any], most_days: int
) -> dict[str, Any]:
    """Return a Span query with both ends as moments, in UTC; the end is not included.

    Raises ClinicUnknown; ValidationError for a span that is empty or longer than `most_days`.
    """
    begins, ends = clinics.span(tx, clinic_id, query["starts_from"], query["starts_until"])
    if ends <= begins:
        raise _wrong("Must be after `from`.")
    if ends - begins > timedelta(days=most_days) + _CLOCK_CHANGE:
        raise _wrong(f"At most {most_days} days at once.")
    return {**query, "starts_from": begins, "starts_until": ends}


def _wrong(sentence: str) -> ValidationError:
    return ValidationError({"query": {"to": [sentence]}})
