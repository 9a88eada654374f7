"""Files that a clinic takes along, as they are asked for."""

from shared.schemas.spans import Span

MOST_DAYS = 732


class ExportArgs(Span):
    """What begins in a span of at most two years."""
