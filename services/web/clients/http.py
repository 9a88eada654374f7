"""One call to a service: bounded in time, with the person's token, its refusals as our errors."""

from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from shared import trace
from shared.errors import (
    Conflict,
    DomainError,
    Forbidden,
    NotFound,
    Precondition,
    Rejected,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from shared.logging import logger

_log = logger(__name__)
TIMEOUT_S = (2.0, 5.0)  # to connect, to answer
_FAULT = 500
_KINDS: dict[int, type[DomainError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Precondition,
    422: Rejected,
    428: Precondition,
    429: TooMany,
}


class Service:
    """One service's API at `base_url`.  Threads may share it."""

    def __init__(self, name: str, base_url: str) -> None:
        """`name` is for people: it stands in the sentence when the service does not answer."""
        self._name = name
        self._base_url = base_url
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy, no .netrc: services are near
        # A kept connection may have been closed meanwhile; asking again changes nothing for a GET.
        again = Retry(
            total=1, connect=1, read=1, status=0, allowed_methods=("GET",), backoff_factor=0
        )
        for scheme in ("http://", "https://"):
            self._http.mount(scheme, HTTPAdapter(pool_maxsize=32, max_retries=again))

    def get(self, path: str, token: str | None, query: Mapping[str, str] | None = None) -> Any:
        """Return what `path` answers.  Raises the DomainError of its refusal, or Unavailable."""
        return self._call("GET", path, token=token, query=query)

    def post(
        self,
        path: str,
        token: str | None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return what a POST of `body` answers.  Raises as get()."""
        return self._call("POST", path, token=token, body=body, headers=headers)

    def file(self, path: str, token: str) -> requests.Response:
        """Return an answer whose body is still to be read, and to be closed.  Raises as get()."""
        try:
            answer = self._http.get(
                self._base_url + path,
                headers={**_headers(token), "Accept": "*/*"},
                timeout=TIMEOUT_S,
                allow_redirects=False,
                stream=True,
            )
            if not answer.ok:
                self._read(answer)
        except (requests.RequestException, ValueError) as gone:
            _log.warning("no answer", kind=self._name, reason=type(gone).__name__)
            raise self._silent() from gone
        return answer

    def _call(
        self,
        method: str,
        path: str,
        *,
        token: str | None,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        try:
            answer = self._http.request(
                method,
                self._base_url + path,
                params=query,
                json=body,
                headers={**_headers(token), **(headers or {})},
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
            return self._read(answer)
        except (requests.RequestException, ValueError) as gone:
            _log.warning("no answer", kind=self._name, reason=type(gone).__name__)
            raise self._silent() from gone

    def _read(self, answer: requests.Response) -> Any:
        if answer.ok:
            return answer.json() if answer.content else None
        problem = _problem(answer)
        kind = _KINDS.get(answer.status_code, DomainError)
        if answer.status_code >= _FAULT:
            _log.warning("no answer", kind=self._name, status=answer.status_code)
            raise self._silent()
        said = {"problem_type": str(problem.get("type", "")), "errors": problem.get("errors", [])}
        if kind is TooMany:
            said["retry_after_s"] = problem.get("retry_after_s", 5)
        raise kind(str(problem.get("detail") or kind.title), **said)

    def _silent(self) -> Unavailable:
        return Unavailable(
            f"The {self._name} cannot be reached. Please try again shortly.", retry_after_s=5
        )


def _headers(token: str | None) -> dict[str, str]:
    headers = {"Accept": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if traceparent := trace.current():
        headers["traceparent"] = traceparent
    return headers


def _problem(answer: requests.Response) -> Mapping[str, Any]:
    try:
        problem = answer.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
