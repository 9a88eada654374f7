"""Settings come from the environment; secrets may come from files.  A miss names the variable."""

import os
from pathlib import Path


class SettingMissing(RuntimeError):
    """A variable that the process needs is absent or unreadable."""


def environment() -> str:
    """Return `development` or `production`."""
    name = os.environ.get("NEEDLEPOINT_ENV", "development")
    if name not in {"development", "production"}:
        raise SettingMissing(f"NEEDLEPOINT_ENV must be development or production, not {name!r}.")
    return name


def text(name: str, default: str | None = None) -> str:
    """Return a variable's text."""
    value = os.environ.get(name, default)
    if value is None:
        raise SettingMissing(f"Set {name}: see deploy/env.example.")
    return value


def number(name: str, default: int | None = None) -> int:
    """Return a whole number."""
    value = text(name, None if default is None else str(default))
    try:
        return int(value)
    except ValueError as wrong:
        raise SettingMissing(f"{name} must be a whole number, not {value!r}.") from wrong


def flag(name: str, *, default: bool = False) -> bool:
    """Return true for 1, true, yes or on."""
    return text(name, str(default)).lower() in {"1", "true", "yes", "on"}


def secret(name: str) -> str:
    """Return a secret from the file that NAME_FILE names, or from NAME.

    In production a secret that begins with `development` stops the start.
    """
    path = os.environ.get(f"{name}_FILE")
    try:
        value = Path(path).read_text(encoding="utf-8").strip() if path else text(name)
    except OSError as unreadable:
        raise SettingMissing(f"{name}_FILE names {path}, which cannot be read.") from unreadable
    if environment() == "production" and value.startswith("development"):
        raise SettingMissing(f"{name} is a development secret; production refuses it.")
    return value
