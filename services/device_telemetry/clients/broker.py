"""The broker's management API: closing the connections of a device that may no longer come in."""

from urllib.parse import unquote, urlsplit
from uuid import UUID

import requests

TIMEOUT_S = 5


class BrokerUnreachable(Exception):
    """The management API does not answer, or refuses us."""


def disconnect(management_url: str, device_id: UUID) -> None:
    """Close every connection of a device.  Raises BrokerUnreachable.

    `management_url` carries the account: http://user:password@host:15672.  By user name, because
    the broker lists single connections only after some seconds.
    """
    parts = urlsplit(management_url)
    address = f"{parts.scheme}://{parts.hostname}:{parts.port}/api/connections/username/{device_id}"
    account = (unquote(parts.username or ""), unquote(parts.password or ""))
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy between us and our broker
            closed = session.delete(
                address,
                auth=account,
                headers={"X-Reason": "credential ended"},
                timeout=TIMEOUT_S,
            )
            if closed.status_code != requests.codes.not_found:
                closed.raise_for_status()
    except requests.RequestException as wrong:
        raise BrokerUnreachable("The broker's management API does not answer.") from wrong
