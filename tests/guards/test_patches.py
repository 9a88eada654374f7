"""No test replaces a part of Python's library for everybody in its process.

Whatever else runs there believes it: a clock of one module's, made to stand still as
`monkeypatch.setattr(floods.time, "monotonic", ...)`, stood still for all, and what another test had
kept for a second was kept for ever.  Replace the name in the module under test instead:
`monkeypatch.setattr(floods, "time", SimpleNamespace(monotonic=...))`.
"""

import ast
import sys
from pathlib import Path

import pytest

HERS = {"sys.argv", "sys.stdin"}  # what a command is told is for whoever runs it
FILES = sorted(Path("tests").rglob("*.py"))


def replaced(text):
    """Return what of the library a file's tests replace, as `module.name`."""
    tree = ast.parse(text)
    imported = {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="setattr" | "delattr" | "object"), args=[_, *_]):
                yield from _named(node.args, imported)


def _named(arguments, imported):
    match arguments:
        case [ast.Constant(value=str() as path), *_]:
            module, _, name = path.rpartition(".")
            module = module.rpartition(".")[2]
        case [ast.Attribute(attr=module), ast.Constant(value=name), *_]:
            pass
        case [ast.Name(id=module), ast.Constant(value=name), *_] if module in imported:
            pass
        case _:
            return
    if module in sys.stdlib_module_names:
        yield f"{module}.{name}"


@pytest.mark.parametrize("file", FILES, ids=str)
def test_no_test_replaces_a_part_of_pythons_library_for_everybody(file):
    assert set(replaced(file.read_text(encoding="utf-8"))) - HERS == set()


@pytest.mark.parametrize(
    "line",
    [
        'monkeypatch.setattr(floods.time, "monotonic", still)',
        'monkeypatch.setattr(time, "monotonic", still)',
        'monkeypatch.setattr("services.web.pages.time.monotonic", still)',
        'mock.patch.object(time, "monotonic", still)',
    ],
)
def test_whoever_does_is_found(line):
    assert list(replaced(f"import time\n{line}")) == ["time.monotonic"]


def test_a_name_in_the_module_under_test_may_be_replaced():
    assert list(replaced('import queue_at_hand\nmonkeypatch.setattr(floods, "time", still)')) == []
    assert list(replaced('monkeypatch.setattr(queue, "ready", still)')) == []
