"""What starts servers for its module is kept on one test worker."""

import re
from pathlib import Path

import pytest

from tests import workers

SERVERS = re.compile(r"^def \w+\([^)]*\b(machine|ground|breakable|whole|live)\b", re.MULTILINE)
MODULES = [str(file) for file in sorted(Path("tests/integration").rglob("test_*.py"))]


@pytest.mark.parametrize("file", workers.TOGETHER)
def test_every_file_of_a_group_is_there(file):
    assert Path(file).exists()


def test_what_starts_servers_is_in_a_group():
    servers = [file for file in MODULES if SERVERS.search(Path(file).read_text(encoding="utf-8"))]
    assert servers
    assert [file for file in servers if not workers.group_of(file)] == []
