"""The event reference as a page: docs/events.md, made from the catalogue and never by hand."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields

from shared.events.catalogue import EVENTS, EventType

EXAMPLES = Path(__file__).with_name("examples")
_HEAD = """# What the services tell each other

Made from `shared/events/` by `python -m deploy.reference`; do not edit.

CloudEvents 1.0 in JSON on the topic exchange `needlepoint.events`; the routing key is the type.
`subject` is the aggregate's id, `sequence` counts its events without gaps, `clinicid` says whose it
is, `traceparent` carries the trace. A consumer ignores fields that it does not know; every version
loads for ever; a new field is optional or a new version.
"""


def page() -> str:
    """Return the whole reference in Markdown."""
    owners = sorted({event.owner for event in EVENTS.values()})
    parts = [_HEAD, *(_owner(owner) for owner in owners)]
    return "\n".join(parts).rstrip() + "\n"


def _owner(owner: str) -> str:
    events = [EVENTS[name] for name in sorted(EVENTS) if EVENTS[name].owner == owner]
    return "\n".join([f"## {owner}\n", *map(_event, events)])


def _event(event: EventType) -> str:
    lines = [
        f"### `{event.name}`\n",
        f"{event.sent_when}\n",
        "| field | is | always there |",
        "|---|---|---|",
    ]
    lines += [f"| {name} | {kind} | {always} |" for name, kind, always in _fields(event.schema, "")]
    example = json.loads((EXAMPLES / f"{event.name}.json").read_text(encoding="utf-8"))
    shown = json.dumps(example, indent=2, ensure_ascii=False)
    return "\n".join([*lines, "", "```json", shown, "```", ""])


def _fields(schema: Schema, within: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, kind and whether it is required, of a schema's fields and those inside them."""
    for name, field in schema.fields.items():
        inner = field.inner if isinstance(field, fields.List) else field
        listed = "list of " if isinstance(field, fields.List) else ""
        kind = listed + _kind(inner) + (" or null" if field.allow_none else "")
        yield f"`{within}{name}`", kind, "yes" if field.required else "no"
        if isinstance(inner, fields.Nested):
            dots = "[]." if listed else "."
            yield from _fields(inner.schema, f"{within}{name}{dots}")


def _kind(field: Any) -> str:
    """Return what a field holds, in a reader's words."""
    words: Mapping[str, str] = {
        "Id": "UUID",
        "Whole": "whole number",
        "Flag": "true or false",
        "Moment": "moment, RFC 3339 in UTC",
        "LocalDate": "day, YYYY-MM-DD",
        "Nested": "object",
        "Currency": "ISO 4217 code",
    }
    choices = getattr(field.validators[-1], "choices", None) if field.validators else None
    if choices:
        return "one of " + ", ".join(f"`{choice}`" for choice in choices)
    return words.get(type(field).__name__, "text" if isinstance(field, fields.String) else "value")
