"""ETag and If-Match: nobody overwrites what they have not seen.

The tag is the row's version.  Compare again in SQL (`WHERE version = ...`): two workers race.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from flask import Response, g, request

from shared.errors import DomainError, Precondition


class VersionNotSaid(DomainError):
    """An update without If-Match."""

    status = 428
    type = "precondition-required"
    title = "Say which version you saw"


def check(version: int) -> None:
    """Raise VersionNotSaid (428) without If-Match, Precondition (412) if it names another."""
    if "If-Match" not in request.headers:
        raise VersionNotSaid("Send the ETag of what you saw as If-Match.")
    if not request.if_match.contains(str(version)):
        raise Precondition("Somebody changed this meanwhile. Load it again.", version=version)


def seen(version: int) -> bool:
    """Say whether If-Match, if sent at all, names this version."""
    return "If-Match" not in request.headers or request.if_match.contains(str(version))


def set(version: int | str, *, whole: bool = True) -> None:  # noqa: A001 # etags.set(row["version"])
    """Send the version, or a hash of what is sent, as the answer's ETag.

    `whole` False: the answer also holds what changes without a new version, so a reader who has
    this version gets it again.
    """
    g.etag, g.etag_is_whole = str(version), whole


def checked(view: Callable[..., Any]) -> Callable[..., Any]:
    """Document that the route wants If-Match.  Stands under @requires."""
    apidoc = deepcopy(getattr(view, "_apidoc", {}))
    apidoc["if_match"] = True
    view._apidoc = apidoc  # type: ignore[attr-defined] # noqa: SLF001 # flask-smorest's own name
    return view


def finish(response: Response) -> Response:
    """Put the tag on the answer; 304 for a reader who has it already."""
    etag = g.get("etag")
    if etag is None or response.status_code >= 400:  # noqa: PLR2004 # a refusal has no version
        return response
    response.set_etag(etag)
    reads = request.method in {"GET", "HEAD"} and g.get("etag_is_whole", True)
    if reads and request.if_none_match.contains_weak(etag):
        response.status_code = 304
        response.set_data(b"")
    return response
