"""A client's safe: values sealed with a data key of their own, itself sealed with the service's.

To forget the key is to erase all that it sealed, in every table and in every copy made without it.
"""

import json
from typing import Any
from uuid import UUID

from shared import crypto
from shared.db import Transaction, queries

SQL = queries(__file__)


class Safe:
    """Seals and opens values of one client.  A value opens only in the place it was sealed for."""

    def __init__(self, client_id: UUID, key: bytes) -> None:
        """`key` is the client's data key."""
        self._client_id = client_id
        self._box = crypto.Box(key)

    def seal(self, value: Any, *place: object) -> bytes:
        """Return `value`, anything that JSON can say, sealed for a place (table, column, row)."""
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return self._box.seal(text.encode(), crypto.place(*place, self._client_id))

    def open(self, sealed: bytes | memoryview, *place: object) -> Any:
        """Return what was sealed.  Raises crypto.SealBroken."""
        return json.loads(self._box.open(bytes(sealed), crypto.place(*place, self._client_id)))


def blind_index(clinic_id: UUID, field: str, value: str | None) -> bytes | None:
    """Return what finds an equal value of a field in the same clinic."""
    return None if value is None else _service().blind_index(value, f"{clinic_id}|{field}")


def fresh(client_id: UUID) -> tuple[Safe, bytes]:
    """Return the safe of a new client, and its wrapped key to store beside them."""
    key = crypto.new_key()
    return Safe(client_id, key), _service().wrap_key(key, _place(client_id))


def unwrapped(client_id: UUID, wrapped: bytes | memoryview) -> Safe:
    """Return the safe of a key that was read together with its client."""
    return Safe(client_id, _service().unwrap_key(bytes(wrapped), _place(client_id)))


def destroy(tx: Transaction, client_id: UUID) -> None:
    """Forget a client's key, for good."""
    tx.run(SQL["delete"], {"client_id": client_id})


def _service() -> crypto.Box:
    return crypto.box("client records")


def _place(client_id: UUID) -> bytes:
    return crypto.place("client_keys", client_id)
