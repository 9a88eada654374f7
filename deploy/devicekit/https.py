"""The way out of a network that only lets HTTPS through: one batch at a time, without blocking.

A batch sent this way is the same batch: bytes, name and promise.  202 means what PUBACK means.
"""

import base64
import http.client
import ssl
import threading
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

ANSWER_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the platform has the batch, and how many seconds it asked us to wait, if it did."""

    taken: bool
    wait_s: float | None = None


class Post:
    """One batch on its way.  `answer` is None until it is known."""

    def __init__(self, url: str, user: str, secret: str, body: bytes, ca_file: str | None) -> None:
        """Send it in a thread of its own: a pen has other things to do."""
        self.answer: Answer | None = None
        account = base64.b64encode(f"{user}:{secret}".encode()).decode()
        headers = {
            "Authorization": f"Basic {account}",
            "Content-Type": "application/json" if body[:1] == b"{" else "application/octet-stream",
        }
        arguments = (url, headers, body, ca_file)
        threading.Thread(target=self._send, args=arguments, daemon=True).start()

    def _send(self, url: str, headers: dict[str, str], body: bytes, ca_file: str | None) -> None:
        try:
            self.answer = _post(url, headers, body, ca_file)
        except (OSError, http.client.HTTPException):
            self.answer = Answer(taken=False)


def _post(url: str, headers: dict[str, str], body: bytes, ca_file: str | None) -> Answer:
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        tls = ssl.create_default_context(cafile=ca_file)
        connection = http.client.HTTPSConnection(
            host, parts.port, timeout=ANSWER_WITHIN_S, context=tls
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=ANSWER_WITHIN_S)
    try:
        connection.request("POST", parts.path, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read()
        later = answer.headers.get("Retry-After", "")
    finally:
        connection.close()
    taken = answer.status == HTTPStatus.ACCEPTED
    return Answer(taken, float(later) if later.isdigit() else None)
