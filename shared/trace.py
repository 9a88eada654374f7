"""W3C trace context: one id that follows a request through HTTP, outbox, broker and handlers."""

import re
import secrets
from contextvars import ContextVar

_SHAPE = re.compile(r"^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def well_formed(traceparent: object) -> str | None:
    """Return a traceparent that keeps to W3C's shape, or None."""
    ours = isinstance(traceparent, str) and _SHAPE.match(traceparent)
    return str(traceparent) if ours else None


def begin(traceparent: str | None = None) -> str:
    """Join the caller's trace, or start one.  Return our own traceparent."""
    joined = _SHAPE.match(traceparent or "")
    trace_id = joined.group(1) if joined else secrets.token_hex(16)
    own = f"00-{trace_id}-{secrets.token_hex(8)}-01"
    _current.set(own)
    return own


def current() -> str | None:
    """Return the traceparent of what is being done now."""
    return _current.get()


def trace_id() -> str | None:
    """Return the 32 hex digits that a person quotes to support."""
    own = _current.get()
    return own.split("-")[1] if own else None


def end() -> None:
    """Forget the trace."""
    _current.set(None)
