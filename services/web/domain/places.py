"""Which page is whose."""

import re

from shared.permissions import allows

_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]*")  # printable ASCII without a backslash


def home_of(roles: frozenset[str]) -> str:
    """Return the page that somebody with these roles begins with."""
    if allows("overview:read", roles):
        return "/headquarters"
    return "/desk"


def is_local(address: str) -> bool:
    """Say whether an address, told by whoever made the link, stays on this site."""
    return bool(_LOCAL.fullmatch(address))
