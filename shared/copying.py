"""PostgreSQL's binary COPY: what stands around its rows, and rows of a query read by it."""

import struct
from collections.abc import Mapping
from typing import Any, Final

from shared.db import Transaction

SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
TRAILER: Final = struct.pack(">h", -1)


class _Rows(list[bytes]):
    """What COPY writes: the server sends each row by itself, the signature with the first."""

    write = list.append


def rows(tx: Transaction, query: str, values: Mapping[str, Any] | None = None) -> list[bytes]:
    """Return a query's rows as they are sent: int16 fields, and each as int32 size and bytes.

    For thousands of rows with arrays: the first travel while the server makes the next, and
    nothing is written as text.  A null has the size -1.
    """
    asked, found = tx.mogrify(query, values).rstrip(b"; \n"), _Rows()
    tx.copy_expert(b"COPY (" + asked + b"\n) TO STDOUT (FORMAT binary)", found)
    found[0] = found[0].removeprefix(SIGNATURE)
    return [row for row in found if row not in {b"", TRAILER}]
