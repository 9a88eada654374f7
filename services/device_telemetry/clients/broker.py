"""The broker's management API: what stands there, and closing a device's connections."""

import json
import select
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

import requests

from services.device_telemetry.domain import credentials, topology
from services.device_telemetry.settings import Settings
from shared.settings import SettingMissing

TIMEOUT_S = 5
LOOK_S = 5  # for each of ten questions; the broker waits for our word on a device meanwhile


class BrokerUnreachable(Exception):
    """The management API does not answer, or refuses us."""


def address() -> str:
    """Return where the broker is managed, as it is told now.  Raises BrokerUnreachable.

    No process that asks starts without it: only a secret's file can have become unreadable since.
    """
    try:
        return Settings.from_env().management_url
    except SettingMissing as missing:
        raise BrokerUnreachable(str(missing)) from missing


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


class Sight:
    """What the broker showed over one connection, which stays: it breaks when the broker ends."""

    def __init__(self, management_url: str) -> None:
        """Look which of our bindings and alternate exchanges stand.  Raises BrokerUnreachable."""
        parts = urlsplit(management_url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._line = kind(parts.hostname or "", parts.port, timeout=LOOK_S)
        account = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}".encode()
        self._headers = {"Authorization": f"Basic {b64encode(account).decode()}"}
        try:
            self._line.connect()
            self._line.auto_open = 0  # a second connection might reach another broker
            self.found = self._look()
        except (OSError, HTTPException, ValueError) as wrong:
            self.close()
            raise BrokerUnreachable("The broker's management API does not answer.") from wrong

    def holds(self) -> bool:
        """Say whether the broker that showed it has run without a break since it was asked."""
        if self._line.sock is None:  # the other side said that its last answer was the last
            return False
        ended = select.poll()
        ended.register(self._line.sock, select.POLLIN)  # nothing was asked: it can only be an end
        return not ended.poll(0)

    def close(self) -> None:
        """End the connection."""
        self._line.close()

    def _look(self) -> topology.Found:
        policies = {row["name"]: row["definition"] for row in self._ask("policies/%2F") or []}
        return topology.Found(
            frozenset(_bindings(self._ask)),
            {
                name: _alternate(self._ask(f"exchanges/%2F/{name}"), policies)
                for name in topology.CAUGHT
            },
        )

    def _ask(self, path: str) -> Any:
        self._line.request("GET", f"/api/{path}", headers=self._headers)
        answer = self._line.getresponse()
        text = answer.read()
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status != HTTPStatus.OK:
            raise HTTPException(f"{path}: {answer.status}")
        return json.loads(text)


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
