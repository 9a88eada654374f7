"""Command: write docs/openapi.json, docs/problems.md and docs/events.md from the code.

`python -m deploy.reference` writes them; tests/contract fails while they differ from the code, so
that a change of what others build on is seen when it is reviewed.
"""

import base64
import importlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.errors import DomainError
from shared.events import reference
from shared.http import openapi, problems

DOCS = Path(__file__).resolve().parent.parent / "docs"
SERVICES = (
    "identity",
    "booking",
    "client_records",
    "device_telemetry",
    "notification",
    "headquarters",
)
_PROBLEMS = f"""# Every refusal

Made from the code by `python -m deploy.reference`; do not edit.

The `type` of a problem is `{problems.PREFIX}` and one of these. Types are
stable; titles and sentences may be worded better.

| type | status | title | when |
|---|---|---|---|"""
_RULES = (
    *("shared", "shared/http", "shared/amqp", "services/*/domain", "services/*/usecases"),
    *("services/*/store", "services/*/api", "services/*/clients"),
)
# To describe an API its application is built, which asks for settings and uses none of them.
_NOBODY = {
    **{f"{name.upper()}_URL": "http://127.0.0.1:9" for name in SERVICES},
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
    "AMQP_URL": "amqp://nobody@127.0.0.1:9/",
    "BROKER_MANAGEMENT_URL": "http://nobody@127.0.0.1:9",
    "SMTP_URL": "smtp://127.0.0.1:9",
    "MAIL_FROM": "clinic@needlepoint.example",
    "DATA_KEY": base64.b64encode(bytes(32)).decode(),
    "LINKS_KEY": "nobody's key for the links of clients",
}


def pages() -> dict[str, dict[str, Any]]:
    """Return every service's OpenAPI page."""
    found = {}
    for service in SERVICES:
        app = importlib.import_module(f"services.{service}.app").create_app()
        answer = app.test_client().get("/openapi.json")
        found[service] = json.loads(answer.get_data(as_text=True))
    return found


@contextmanager
def _settings() -> Iterator[None]:
    """Stand in for the settings that are missing, and only meanwhile."""
    missing = {name: value for name, value in _NOBODY.items() if name not in os.environ}
    os.environ.update(missing)
    try:
        yield
    finally:
        for name in missing:
            del os.environ[name]


def api_page() -> str:
    """Return docs/openapi.json."""
    with _settings():
        whole = openapi.merged(pages(), "Needlepoint", "v1")
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def problems_page() -> str:
    """Return docs/problems.md: every refusal that a rule can give, by its type."""
    ruling = set()  # whatever else is loaded, by a test say, refuses nothing to a caller
    for folder in _RULES:
        for file in sorted(DOCS.parent.glob(f"{folder}/*.py")):
            module = ".".join(file.relative_to(DOCS.parent).with_suffix("").parts)
            ruling.add(importlib.import_module(module).__name__)
    cells = {
        (kind, ""): (status, title, sentence)
        for status, (kind, title, sentence) in problems.STANDARD.items()
    }
    for kind in _kinds(DomainError):
        if "type" in vars(kind) and kind.__module__ in ruling:
            cells[kind.type, _service(kind)] = (kind.status, kind.title, _meaning(kind))
    shared = Counter(kind for kind, _ in cells)  # each service has words of its own for it
    rows = [
        f"| `/{kind}` | {status} | {title} | "
        f"{f'From {service}: ' if service and shared[kind] > 1 else ''}{sentence} |"
        for (kind, service), (status, title, sentence) in sorted(cells.items())
    ]
    return "\n".join([_PROBLEMS, *rows]) + "\n"


def _service(kind: type[DomainError]) -> str:
    """Return the service that refuses so; empty for what every service may say."""
    first, second, *_ = kind.__module__.split(".")
    return second if first == "services" else ""


def _kinds(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    """Yield a kind of refusal and all below it."""
    yield kind
    for below in sorted(kind.__subclasses__(), key=lambda each: (each.__module__, each.__name__)):
        yield from _kinds(below)


def _meaning(kind: type[DomainError]) -> str:
    return " ".join((kind.__doc__ or "").split()).replace("|", "\\|")


FILES: dict[Path, Callable[[], str]] = {
    DOCS / "openapi.json": api_page,
    DOCS / "problems.md": problems_page,
    DOCS / "events.md": reference.page,
}


def main() -> None:
    """Write the files that differ, and say which."""
    for file, made in FILES.items():
        text = made()
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(file.relative_to(DOCS.parent))


if __name__ == "__main__":
    main()
