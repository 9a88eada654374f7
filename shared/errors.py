"""The ways a rule says no.

A message is a sentence for the receptionist.  `type` is stable: programs branch on it, people
never see it.  What an error carries beyond the sentence travels as extra members of the problem
(RFC 9457).
"""

from typing import Any, ClassVar


class DomainError(Exception):
    """A rule says no."""

    status: ClassVar[int] = 400
    type: ClassVar[str] = "bad-request"
    title: ClassVar[str] = "The request cannot be understood"

    def __init__(self, message: str, **members: Any) -> None:
        """Keep the sentence, and facts for programs such as `not_before`."""
        super().__init__(message)
        self.members = members


class Unauthenticated(DomainError):
    """Nobody we know is asking."""

    status = 401
    type = "not-signed-in"
    title = "Please sign in"


class Forbidden(DomainError):
    """We know who asks, and they may not."""

    status = 403
    type = "not-allowed"
    title = "Your role does not allow this"


class NotFound(DomainError):
    """What was asked for does not exist, or belongs to another clinic."""

    status = 404
    type = "not-found"
    title = "Not found"


class Conflict(DomainError):
    """Somebody else was first, or the state has moved on."""

    status = 409
    type = "conflict"
    title = "This cannot be done now"


class Precondition(DomainError):
    """The caller's copy is old."""

    status = 412
    type = "changed-meanwhile"
    title = "Somebody changed this meanwhile"


class Rejected(DomainError):
    """Well-formed, and against a rule."""

    status = 422
    type = "rejected"
    title = "A rule refuses this"


class TooMany(DomainError):
    """Asked too often.  `retry_after_s` says when to come back."""

    status = 429
    type = "too-many-requests"
    title = "Too many requests"


class Unavailable(DomainError):
    """A part is down or full; nothing was done.  `retry_after_s` says when to come back."""

    status = 503
    type = "unavailable"
    title = "Not available at the moment"
