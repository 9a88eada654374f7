"""What differs between versions of Caddy.  Standard library only."""

import re

_RENAMED = (2, 7)


def buffering(version: str) -> str:
    """Return how a Caddy is told to take requests whole: the words changed with 2.7."""
    found = re.search(r"(\d+)\.(\d+)", version)
    old = found is not None and (int(found[1]), int(found[2])) < _RENAMED
    return "buffer_requests" if old else "request_buffers 2MB"
