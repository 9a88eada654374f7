"""Client records: what the clients of a day are called."""

import threading
import time
from collections.abc import Iterable
from uuid import UUID

from services.web.clients.http import Service

KEEP_S = 120.0
MOST_KEPT = 5000
AT_ONCE = 100  # ids, as client-records allows


class ClientRecords:
    """Names, asked with the person's authority, and kept for two minutes for that person only.

    The desk list is shown again at each change; without keeping, every look at it would be an entry
    of each client's access log.
    """

    def __init__(self, base_url: str) -> None:
        """`base_url` is client-records' own address."""
        self._service = Service("client records", base_url)
        self._kept: dict[tuple[UUID, str], tuple[str, float]] = {}
        self._lock = threading.Lock()

    def names(self, token: str, reader: UUID, client_ids: Iterable[str]) -> dict[str, str]:
        """Return names by id, without those whom the reader may not see.  Raises Unavailable."""
        found, asked = self._known(reader, set(client_ids))
        for begin in range(0, len(asked), AT_ONCE):
            fresh = self._ask(token, asked[begin : begin + AT_ONCE])
            self._keep(reader, fresh)
            found |= fresh
        return found

    def _ask(self, token: str, client_ids: list[str]) -> dict[str, str]:
        query = {"ids": ",".join(client_ids), "limit": str(AT_ONCE)}
        rows = self._service.get("/v1/clients", token, query)["items"]
        return {str(row["id"]): f"{row['given_name']} {row['family_name']}" for row in rows}

    def _known(self, reader: UUID, client_ids: set[str]) -> tuple[dict[str, str], list[str]]:
        """Return the names that were asked for a moment ago, and the ids still to ask."""
        young = time.monotonic() - KEEP_S
        with self._lock:
            kept = {id_: self._kept.get((reader, id_), ("", 0.0)) for id_ in client_ids}
        found = {id_: name for id_, (name, at) in kept.items() if name and at > young}
        return found, sorted(client_ids - found.keys())

    def _keep(self, reader: UUID, names: dict[str, str]) -> None:
        now = time.monotonic()
        with self._lock:
            if len(self._kept) > MOST_KEPT:
                self._kept.clear()
            self._kept.update({(reader, id_): (name, now) for id_, name in names.items()})
