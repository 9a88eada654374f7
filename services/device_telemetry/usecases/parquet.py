"""Parquet files, written a row group at a time to whoever reads them: nothing is kept but one part.

pyarrow is imported with the first file: it takes 70 MB, and most processes never write one.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

from services.device_telemetry.usecases.exports import COLUMNS


class _Sink:
    """What pyarrow writes into: bytes that wait until somebody takes them."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def write(self, data: Any) -> int:
        """Keep some bytes."""
        self._parts.append(bytes(data))
        self._written += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        """Return how much was ever written."""
        return self._written

    def flush(self) -> None:
        """Do nothing: there is no buffer below."""

    def close(self) -> None:
        """Do nothing: what is left is still taken."""

    def take(self) -> bytes:
        """Return what waits, and forget it."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def written(
    parts: Iterator[Mapping[str, NDArray[Any]]], about: Mapping[str, Any]
) -> Iterator[bytes]:
    """Yield a Parquet file of `parts`, a row group each; `about` becomes its metadata as JSON.

    The columns are those of usecases/exports.py; a limit of -1 is written as null.
    """
    import pyarrow as pa  # noqa: PLC0415 # see above
    from pyarrow import parquet  # noqa: PLC0415 # see above

    kinds = {"at": pa.timestamp("ms", tz="UTC"), "boot_id": pa.int64(), "sample": pa.int64()}
    fields = [
        pa.field(name, kinds.get(name, pa.int16()), nullable=name == "limit_um") for name in COLUMNS
    ]
    schema = pa.schema(fields, metadata={"session": json.dumps(about, default=str)})
    sink = _Sink()
    with parquet.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as file:
        for columns in parts:
            arrays = [
                pa.array(columns[each.name], each.type, mask=columns[each.name] < 0)
                if each.nullable
                else pa.array(columns[each.name], each.type)
                for each in schema
            ]
            file.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield sink.take()
    yield sink.take()
