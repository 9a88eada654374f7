"""How long a sign-in lasts, and how fast one may be tried."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from shared.errors import TooMany, Unauthenticated

LONGEST = timedelta(hours=12)  # then the password again (ASVS 7.3.2)


class SignInRefused(Unauthenticated):
    """Wrong address, password or code; which of them is not said."""

    type = "sign-in-refused"
    title = "Sign-in refused"


class SessionEnded(Unauthenticated):
    """The refresh token is unknown, used, revoked or too old."""

    type = "session-ended"
    title = "Please sign in again"


class TooManyTries(TooMany):
    """Tried faster than people type."""

    type = "too-many-tries"
    title = "Too many tries"


@dataclass(frozen=True, slots=True)
class Pace:
    """`burst` tries at once, then one every `every`."""

    burst: int
    every: timedelta

    @property
    def ahead(self) -> timedelta:
        """Return how far ahead of the clock tries may run."""
        return self.every * self.burst


# Slowed down, never locked out: somebody's guessing must not keep the receptionist from working.
# So the tight pace is for one account from one network; the account alone has a wide one.
ACCOUNT_FROM_NETWORK = Pace(burst=5, every=timedelta(seconds=12))
ACCOUNT = Pace(burst=50, every=timedelta(seconds=4))
NETWORK = Pace(burst=100, every=timedelta(seconds=1))
PROOF = ACCOUNT_FROM_NETWORK  # password and codes again, by somebody who is signed in


def paces(account: str, address: str) -> list[tuple[str, Pace]]:
    """Return the paces that a try must keep, by what they count."""
    network = network_of(address)
    return [
        (f"network|{network}", NETWORK),
        (f"account|{account}", ACCOUNT),
        (f"account and network|{account}|{network}", ACCOUNT_FROM_NETWORK),
    ]


def network_of(address: str) -> str:
    """Return the network that one household or attacker holds: /24, or /56 of IPv6."""
    try:
        version = ip_address(address).version
    except ValueError:
        return "unknown"
    prefix = 24 if version == 4 else 56  # noqa: PLR2004 # IPv4
    return str(ip_network(f"{address}/{prefix}", strict=False))


def too_soon(due_at: datetime, pace: Pace, now: datetime) -> TooManyTries:
    """Return the refusal of a try, with the seconds until the next may come."""
    wait = due_at + pace.every - pace.ahead - now
    return TooManyTries(
        "Too many tries to sign in. Please wait a moment.",
        retry_after_s=max(1, int(wait.total_seconds()) + 1),
    )
