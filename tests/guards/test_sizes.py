"""The house stays small enough to walk through."""

import ast
import subprocess
from pathlib import Path

import pytest

MOST_LINES = 400
KINDS = ("*.py", "*.js", "*.css", "*.html", "*.sql")


def tracked(*patterns):
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        check=True,
        capture_output=True,
        text=True,
    )
    return [Path(line) for line in listing.stdout.splitlines() if Path(line).exists()]


@pytest.mark.parametrize("file", tracked(*KINDS), ids=str)
def test_no_file_is_over_400_lines(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("file", tracked("services/*.py", "shared/*.py"), ids=str)
def test_no_function_is_over_60_lines(file):
    functions = [
        (node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    assert [name for name, lines in functions if lines > 60] == []
