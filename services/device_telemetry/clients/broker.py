"""The broker's management API: what stands there, and closing a device's connections."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

import requests

from services.device_telemetry.domain import credentials, topology

TIMEOUT_S = 5
LOOK_S = 2  # the broker waits for our answer meanwhile


class BrokerUnreachable(Exception):
    """The management API does not answer, or refuses us."""


def disconnect(management_url: str, device_id: UUID, certificates: Iterable[UUID]) -> None:
    """Close every connection of a device.  Raises BrokerUnreachable.

    `management_url` carries the account: http://user:password@host:15672.  By user name, because
    the broker lists single connections only after some seconds; `certificates` are those that
    name a credential of the device.
    """
    with _session(management_url) as (session, api):
        for name in credentials.user_names(device_id, certificates):
            closed = session.delete(
                f"{api}/connections/username/{quote(name, safe='')}",
                headers={"X-Reason": "credential ended"},
                timeout=TIMEOUT_S,
            )
            if closed.status_code != requests.codes.not_found:
                closed.raise_for_status()


def look(management_url: str) -> topology.Found:
    """Return which of our bindings and alternate exchanges stand.  Raises BrokerUnreachable."""
    with _session(management_url) as (session, api):

        def ask(path: str) -> Any:
            answer = session.get(f"{api}/{path}", timeout=LOOK_S)
            if answer.status_code == requests.codes.not_found:
                return None
            answer.raise_for_status()
            return answer.json()

        policies = {row["name"]: row["definition"] for row in ask("policies/%2F") or []}
        return topology.Found(
            frozenset(_bindings(ask)),
            {name: _alternate(ask(f"exchanges/%2F/{name}"), policies) for name in topology.CAUGHT},
        )


def _bindings(ask: Any) -> Iterator[tuple[str, str, str]]:
    """Yield those of our bindings that stand."""
    entrance = f"bindings/%2F/e/{topology.ENTRANCE}"  # one by one: each device has one there, too
    inner = [name for name in topology.CAUGHT if name != topology.ENTRANCE]
    paths = [
        *(f"exchanges/%2F/{name}/bindings/source" for name in [*inner, topology.UNROUTED]),
        f"{entrance}/e/{topology.READINGS}",
        *(f"{entrance}/q/{queue}" for queue in topology.LANES),
    ]
    for path in paths:
        for row in ask(path) or []:
            yield row["source"], row["destination"], row["routing_key"]


def _alternate(exchange: Any, policies: dict[str, dict[str, Any]]) -> str | None:
    """Return where an exchange sends what it cannot route, by the policy that governs it."""
    policy = policies.get((exchange or {}).get("policy") or "", {})
    found = policy.get("alternate-exchange")
    return str(found) if found else None


@contextmanager
def _session(management_url: str) -> Iterator[tuple[requests.Session, str]]:
    """Yield a session with our account, and the API's address.  Raises BrokerUnreachable."""
    parts = urlsplit(management_url)
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy between us and our broker
            session.auth = (unquote(parts.username or ""), unquote(parts.password or ""))
            yield session, f"{parts.scheme}://{parts.hostname}:{parts.port}/api"
    except requests.RequestException as wrong:
        raise BrokerUnreachable("The broker's management API does not answer.") from wrong
