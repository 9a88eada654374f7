"""The broker's management API: closing the connections of a device that may no longer come in."""

from datetime import datetime
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

import requests

TIMEOUT_S = 5


class BrokerUnreachable(Exception):
    """The management API does not answer, or refuses us."""


def disconnect(management_url: str, device_id: UUID, *, opened_before: datetime) -> int:
    """Close the connections that a device opened before a time; return how many.

    `management_url` carries the account: http://user:password@host:15672.  A connection that came
    later has shown a secret that still holds.  Raises BrokerUnreachable.
    """
    parts = urlsplit(management_url)
    base = f"{parts.scheme}://{parts.hostname}:{parts.port}/api"
    account = (unquote(parts.username or ""), unquote(parts.password or ""))
    try:
        with requests.Session() as session:
            session.auth = account
            session.trust_env = False  # no proxy between us and our broker
            found = session.get(f"{base}/connections/username/{device_id}", timeout=TIMEOUT_S)
            found.raise_for_status()
            before_ms = opened_before.timestamp() * 1000
            names = [
                each["name"] for each in found.json() if each.get("connected_at", 0) <= before_ms
            ]
            for name in names:
                closed = session.delete(
                    f"{base}/connections/{quote(name, safe='')}",
                    headers={"X-Reason": "credential ended"},
                    timeout=TIMEOUT_S,
                )
                if closed.status_code != requests.codes.not_found:
                    closed.raise_for_status()
    except (requests.RequestException, ValueError, KeyError) as wrong:
        raise BrokerUnreachable("The broker's management API does not answer.") from wrong
    return len(names)
