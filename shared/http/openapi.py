"""The OpenAPI page of one service, and the pages of all in one."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parent.parent / "schemas" / "examples"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_REF = "#/components/"
_OWN = {"schemas"}  # components that a service has for itself; all others are alike everywhere
_ALIKE = {"Problem"}  # the one schema that every service shares


class PagesContradict(ValueError):
    """Two services say different things under one name."""


def document(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a service's page without the operations that @blueprint.doc(hide=True) hides.

    Hidden are routes that only our own broker or gateway calls.  Every body that has an example in
    shared/schemas/examples shows it.
    """
    paths = {path: _shown(item) for path, item in spec["paths"].items()}
    components = spec.get("components", {})
    schemas = {
        name: {**schema, "examples": [shown]} if (shown := example(name)) else schema
        for name, schema in components.get("schemas", {}).items()
    }
    return {
        **spec,
        "paths": {path: item for path, item in paths.items() if set(METHODS) & set(item)},
        "components": {**components, "schemas": schemas},
    }


@cache
def example(schema: str) -> dict[str, Any] | None:
    """Return the example of a schema by its class's name, None where there is none."""
    file = EXAMPLES / f"{re.sub(r'(?<!^)(?=[A-Z])', '_', schema).lower()}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def merged(pages: Mapping[str, Mapping[str, Any]], title: str, version: str) -> dict[str, Any]:
    """Return one page of several services' pages, by service name, as the gateway serves them.

    Paths begin with `/api/<service>`, tags and schemas with the service's name.
    Raises PagesContradict.
    """
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": "/"}],
        "tags": [],
        "paths": {},
        "components": {},
    }
    for service, page in sorted(pages.items()):
        renamed = _renamed(page, service)
        _add(whole["paths"], renamed["paths"])
        whole["tags"] += renamed["tags"]
        for kind, named in renamed["components"].items():
            _add(whole["components"].setdefault(kind, {}), named)
    whole["components"] = {
        kind: dict(sorted(named.items())) for kind, named in sorted(whole["components"].items())
    }
    return whole


def _renamed(page: Mapping[str, Any], service: str) -> dict[str, Any]:
    """Return a page in which everything says whose it is."""
    own = "".join(part.capitalize() for part in service.split("_"))
    wire = service.replace("_", "-")
    paths = {
        f"/api/{wire}{path}": {
            name: _operation(value, name, path, service) if name in METHODS else value
            for name, value in item.items()
        }
        for path, item in page["paths"].items()
    }
    components = {
        kind: {
            (own + name if kind in _OWN and name not in _ALIKE else name): value
            for name, value in named.items()
        }
        for kind, named in page.get("components", {}).items()
    }
    tags = [{**tag, "name": f"{wire}: {tag['name']}"} for tag in page.get("tags", [])]
    pointed = _pointed({"paths": paths, "components": components}, own)
    return {**pointed, "tags": tags}


def _operation(value: Mapping[str, Any], method: str, path: str, service: str) -> dict[str, Any]:
    """Return an operation with its own id and the service's tags."""
    words = [part.strip("{}").replace("-", "_") for part in path.split("/") if part]
    tags = [f"{service.replace('_', '-')}: {tag}" for tag in value.get("tags", [])]
    return {**value, "operationId": "_".join([service, method, *words]), "tags": tags}


def _pointed(value: Any, own: str) -> Any:
    """Return `value` with its references to a service's schemas renamed."""
    if isinstance(value, Mapping):
        return {
            name: _reference(inner, own) if name == "$ref" else _pointed(inner, own)
            for name, inner in value.items()
        }
    return [_pointed(inner, own) for inner in value] if isinstance(value, list) else value


def _reference(reference: str, own: str) -> str:
    kind, _, name = reference.removeprefix(_REF).partition("/")
    return f"{_REF}{kind}/{own}{name}" if kind in _OWN and name not in _ALIKE else reference


def _add(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if into.setdefault(name, value) != value:
            raise PagesContradict(f"Two services say different things about {name}.")


def _shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a path without hidden operations."""
    return {
        name: value for name, value in item.items() if not (name in METHODS and value.get("hide"))
    }
