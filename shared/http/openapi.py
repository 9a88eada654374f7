"""The OpenAPI page of one service, and all of them in one."""

from collections.abc import Mapping
from typing import Any

METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options", "trace"})


def document(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a service's page without the operations that @blueprint.doc(hide=True) hides.

    Hidden are routes that only our own broker or gateway calls.
    """
    paths = {path: _shown(item) for path, item in spec["paths"].items()}
    return {**spec, "paths": {path: item for path, item in paths.items() if METHODS & set(item)}}


def _shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a path without hidden operations."""
    return {
        name: value for name, value in item.items() if not (name in METHODS and value.get("hide"))
    }
