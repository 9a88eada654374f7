"""Evidence of a protocol step: which facts, and whether they are all there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.errors import Rejected


class EvidenceMissing(Rejected):
    """A fact of the step is missing or not what it must be."""

    type = "evidence-missing"
    title = "The record of this step is not complete"


@dataclass(frozen=True, slots=True)
class Field:
    """One fact.  `kind`: flag (must be true), text, whole, moment or choice."""

    name: str
    kind: str
    most: int = 200  # characters, or the largest number
    least: int = 0
    choices: tuple[str, ...] = ()

    @property
    def example(self) -> Any:
        """Return something that is accepted."""
        return {
            "flag": True,
            "text": "example",
            "whole": max(self.least, 1),
            "moment": "2030-01-07T10:00:00Z",
            "choice": self.choices[0] if self.choices else None,
        }[self.kind]


def flag(name: str) -> Field:
    """Return a fact that must be confirmed."""
    return Field(name, "flag")


def text(name: str, most: int = 200) -> Field:
    """Return a fact in words, such as a lot."""
    return Field(name, "text", most)


def whole(name: str, most: int, *, least: int = 0) -> Field:
    """Return a number."""
    return Field(name, "whole", most, least)


def moment(name: str) -> Field:
    """Return a time with its offset."""
    return Field(name, "moment")


def choice(name: str, *choices: str) -> Field:
    """Return one word of a list."""
    return Field(name, "choice", choices=choices)


def check(fields: Iterable[Field], evidence: Mapping[str, Any], step: str) -> None:
    """Raise EvidenceMissing, naming the fact, unless every fact is there and no other."""
    known = {field.name: field for field in fields}
    if unknown := set(evidence) - set(known):
        raise EvidenceMissing(f"{step} has {len(unknown)} facts that do not belong to it.")
    for name, field in known.items():
        if name not in evidence or not _fits(field, evidence[name]):
            raise EvidenceMissing(
                f"{step} needs {name.replace('_', ' ')}{_hint(field)}.", field=name
            )


def _fits(field: Field, value: Any) -> bool:
    match field.kind:
        case "flag":
            return value is True
        case "text":
            return isinstance(value, str) and 0 < len(value.strip()) <= field.most
        case "whole":
            return type(value) is int and field.least <= value <= field.most
        case "moment":
            return _is_moment(value)
        case _:
            return value in field.choices


def _is_moment(value: Any) -> bool:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return at.tzinfo is not None and 1900 <= at.year <= 2200  # noqa: PLR2004 # as Moment


def _hint(field: Field) -> str:
    if field.kind == "flag":
        return " to be confirmed"
    return f": {', '.join(field.choices)}" if field.choices else ""
