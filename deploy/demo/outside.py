"""The platform's API as the demo uses it: through the gateway, like everybody else."""

import time
from dataclasses import dataclass, field
from typing import Any

import requests


class DemoRefused(RuntimeError):
    """The platform refused what the demo asked: the message is the platform's own."""

    def __init__(self, problem: dict[str, Any], status: int) -> None:
        """Keep the problem for whoever wants to react."""
        super().__init__(f"{status} {problem.get('type')}: {problem.get('detail')}")
        self.type = str(problem.get("type", "")).rsplit("/", 1)[-1]
        self.status = status
        self.problem = problem


@dataclass
class Caller:
    """Somebody signed in, by password or by API key.  Tokens are renewed as they run out."""

    gateway: str
    email: str = ""
    password: str = ""
    key: str = ""
    _token: str = ""
    _until: float = 0.0
    _http: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **query: Any) -> Any:
        """GET and return the JSON answer.  Raises DemoRefused."""
        return self.ask("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any] | None = None, key: str | None = None) -> Any:
        """POST with an Idempotency-Key, if one is given.  Raises DemoRefused."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.ask("POST", path, json=body if body is not None else {}, headers=headers)

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """Send one request; wait when told to come back."""
        headers = options.pop("headers", {}) | {"Authorization": f"Bearer {self._bearer()}"}
        for _ in range(20):
            answer = self._http.request(
                method, self.gateway + path, headers=headers, timeout=20, **options
            )
            if answer.status_code not in {429, 502, 503}:
                break
            time.sleep(float(answer.headers.get("Retry-After", "1")))
        return _read(answer)

    def _bearer(self) -> str:
        if self.key:
            return self.key
        if time.monotonic() > self._until:
            answer = self._http.post(
                f"{self.gateway}/api/identity/v1/tokens",
                json={"email": self.email, "password": self.password},
                timeout=20,
            )
            told = _read(answer)
            self._token = told["access_token"]
            self._until = time.monotonic() + told["expires_in"] - 60
        return self._token


def _read(answer: requests.Response) -> Any:
    if answer.ok:
        return answer.json() if answer.content else None
    try:
        problem = answer.json()
    except ValueError:
        problem = {"detail": answer.text[:200]}
    raise DemoRefused(problem, answer.status_code)
