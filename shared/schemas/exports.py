"""Files that a clinic takes along, as they are asked for."""

from datetime import date

from shared.schemas.base import LocalDate, Request
from shared.schemas.spans import Span

MOST_DAYS = 732


class ExportArgs(Span):
    """What begins in a span of at most two years."""


class DaysArgs(Request):
    """What is valid on one of some days."""

    first = LocalDate(
        load_default=date.min, data_key="from", metadata={"description": "Not ended before"}
    )
    last = LocalDate(
        load_default=date.max, data_key="to", metadata={"description": "Begun by then"}
    )
