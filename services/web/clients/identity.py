"""Identity: who a person is."""

from collections.abc import Mapping
from datetime import datetime

from services.web.clients.http import Service
from services.web.domain.sessions import Person, Tokens


class Identity:
    """Signs people in, renews, revokes."""

    def __init__(self, base_url: str) -> None:
        """`base_url` is identity's own address, not the gateway's."""
        self._service = Service("sign-in", base_url)

    def sign_in(
        self, given: Mapping[str, str], client_address: str, now: datetime
    ) -> tuple[Person, Tokens]:
        """Return the person and tokens.  Raises Unauthenticated, TooMany, Unavailable.

        `given` has email, password and perhaps otp.  Identity counts failures by `client_address`.
        """
        forwarded = {"X-Forwarded-For": client_address}
        tokens = Tokens.read(self._service.post("/v1/tokens", None, given, forwarded), now)
        return self.person(tokens.access), tokens

    def person(self, access_token: str) -> Person:
        """Return whom the token speaks for."""
        return Person.read(self._service.get("/v1/me", access_token))

    def refresh(self, refresh_token: str, now: datetime) -> Tokens:
        """Return new tokens for the refresh token, which is used up by this."""
        body = {"refresh_token": refresh_token}
        return Tokens.read(self._service.post("/v1/tokens/refresh", None, body), now)

    def revoke(self, refresh_token: str) -> None:
        """End the sign-in at identity."""
        self._service.post("/v1/tokens/revoke", None, {"refresh_token": refresh_token})
