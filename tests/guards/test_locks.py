"""The locks pin by hash and name no package index."""

import re
from pathlib import Path

import pytest

LOCKS = [*sorted(Path().glob("*.lock")), *sorted(Path("frontend").glob("package-lock.json"))]


@pytest.mark.parametrize("lock", LOCKS, ids=str)
def test_lock_names_no_index(lock):
    text = lock.read_text(encoding="utf-8")
    assert "index-url" not in text
    assert '"resolved"' not in text
    assert re.findall(r"https?://", text) == []


@pytest.mark.parametrize("lock", sorted(Path().glob("*.lock")), ids=str)
def test_every_pin_has_a_hash(lock):
    pins = re.findall(
        r"(?m)^[a-zA-Z0-9_.-]+(?:\[.*?\])?==.*?(?=^\S|\Z)", lock.read_text(), re.DOTALL
    )
    assert pins
    assert [pin.split("=")[0] for pin in pins if "--hash=sha256:" not in pin] == []
