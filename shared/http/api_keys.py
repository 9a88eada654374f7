"""API keys as bearer tokens: exchanged at identity for a short access token, kept a minute.

The key itself is kept nowhere: only its hash, in memory.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import requests

from shared import settings
from shared.errors import Unavailable
from shared.http.tokens import TokenRefused

PREFIX = "npk_"
MAX_LENGTH = 128
KEEP_S = 60
KEEP_REFUSAL_S = 5
STALE_S = 110  # a kept token serves on while identity is down; it lives two minutes
MAX_KEPT = 1000
TIMEOUT_S = 3

Exchange = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What identity said about a key, and when by our clock."""

    token: str | None
    at: float

    def serves(self, now: float) -> bool:
        """Say whether it is fresh."""
        return now - self.at < (KEEP_S if self.token else KEEP_REFUSAL_S)


class ApiKeys:
    """Turns API keys into access tokens."""

    def __init__(self, exchange: Exchange, clock: Callable[[], float] = time.monotonic) -> None:
        """`exchange` returns a token, None for a key that is not valid; raises OSError."""
        self._exchange = exchange
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def token(self, api_key: str) -> str:
        """Return an access token for the key.  Raises TokenRefused or Unavailable."""
        digest = hashlib.sha256(api_key.encode()).hexdigest()
        now = self._clock()
        kept = self._kept.get(digest)
        if kept is None or not kept.serves(now):
            kept = self._ask(api_key, digest, kept, now)
        if kept.token is None:
            raise TokenRefused("This API key is not valid any more.")
        return kept.token

    def _ask(self, api_key: str, digest: str, kept: _Kept | None, now: float) -> _Kept:
        try:
            answer = _Kept(self._exchange(api_key) if len(api_key) <= MAX_LENGTH else None, now)
        except (OSError, ValueError) as down:
            if kept and kept.token and now - kept.at < STALE_S:
                return kept
            raise Unavailable(
                "The API key cannot be checked at the moment. Please try again shortly.",
                retry_after_s=2,
            ) from down
        with self._lock:
            self._kept[digest] = answer
            self._kept.move_to_end(digest)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return answer


def ask_identity(api_key: str) -> str | None:
    """Return identity's token for the key, None when identity does not know the key."""
    url = settings.text("IDENTITY_URL").rstrip("/") + "/v1/api-keys/exchange"
    answer = requests.post(url, json={"key": api_key}, timeout=TIMEOUT_S, allow_redirects=False)
    if answer.status_code in {401, 422}:
        return None
    answer.raise_for_status()
    return str(answer.json()["access_token"])
