"""The OpenAPI document as a page to read: operations by service, what goes in, what comes out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

METHODS: Final = ("get", "post", "put", "patch", "delete")
DEEPEST: Final = 3


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a body or a parameter; `depth` says how far it stands inside others."""

    name: str
    kind: str
    required: bool
    note: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One status that an operation answers with."""

    status: str
    note: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    permission: str | None
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A service's operations."""

    name: str
    operations: tuple[Operation, ...]


def read(document: Mapping[str, Any]) -> list[Group]:
    """Return the operations by service, which is the second part of `/api/<service>/…`."""
    groups: dict[str, list[Operation]] = {}
    for path, item in document.get("paths", {}).items():
        name = _service_of(path)
        for method in METHODS:
            if method in item:
                found = _operation(document, path, method, item)
                groups.setdefault(name, []).append(found)
    return [Group(name, tuple(operations)) for name, operations in sorted(groups.items())]


def _service_of(path: str) -> str:
    parts = path.strip("/").split("/")
    return parts[1] if parts[0] == "api" and len(parts) > 1 else parts[0]


def _operation(
    document: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any]
) -> Operation:
    told = item[method]
    given = [*item.get("parameters", []), *told.get("parameters", [])]
    parameters = [_resolved(document, each) for each in given]
    return Operation(
        id=f"{method}{path}".translate(str.maketrans("/{}", "-__")),
        method=method.upper(),
        path=path,
        summary=told.get("summary", ""),
        description=told.get("description", ""),
        permission=told.get("x-permission"),
        parameters=tuple(_parameter(document, each) for each in parameters),
        body=tuple(_content(document, _resolved(document, told.get("requestBody", {})))),
        answers=tuple(_answers(document, told.get("responses", {}))),
    )


def _parameter(document: Mapping[str, Any], told: Mapping[str, Any]) -> Field:
    schema = _resolved(document, told.get("schema", {}))
    note = told.get("description") or schema.get("description", "")
    kind = f"{_kind(document, schema)}, in {told.get('in', 'query')}"
    return Field(told.get("name", ""), kind, bool(told.get("required")), note)


def _answers(document: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[Answer]:
    for status, answer in told.items():
        found = _resolved(document, answer)
        is_problem = "application/problem+json" in found.get("content", {})
        shown = () if is_problem else tuple(_content(document, found))
        yield Answer(str(status), found.get("description", ""), shown)


def _content(document: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[Field]:
    for content in told.get("content", {}).values():
        yield from _fields(document, content.get("schema", {}), 0)
        return


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> Iterator[Field]:
    """Yield a schema's fields, and theirs, down to DEEPEST."""
    found = _resolved(document, schema)
    if found.get("type") == "array":
        yield from _fields(document, found.get("items", {}), depth)
        return
    required = set(found.get("required", []))
    for name, inner in found.get("properties", {}).items():
        told = _resolved(document, inner)
        note = str(inner.get("description") or told.get("description", ""))
        yield Field(name, _kind(document, told), name in required, note, depth)
        if depth < DEEPEST:
            yield from _fields(document, told, depth + 1)


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return what a field may be, in a few words."""
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    kind = schema.get("type", "any")
    words = [str(each) for each in kind] if isinstance(kind, list) else [str(kind)]
    if "array" in words:
        inside = _kind(document, _resolved(document, schema.get("items", {})))
        words[words.index("array")] = f"list of {inside}"
    if form := schema.get("format"):
        words[0] = str(form)
    return " or ".join(words)


def _resolved(document: Mapping[str, Any], told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a $ref inside the document; an unknown one is empty."""
    reference = told.get("$ref")
    if not isinstance(reference, str):
        return told
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else {}
