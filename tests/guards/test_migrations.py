"""Migrations are numbered without gaps, and their files are what was applied."""

import re
from pathlib import Path

import pytest

FOLDERS = sorted([Path("shared/migrations"), *Path("services").glob("*/migrations")])


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_migrations_are_numbered_without_gaps(folder):
    names = sorted(file.name for file in folder.glob("*.sql"))
    assert [name[:4] for name in names] == [f"{n:04}" for n in range(1, len(names) + 1)]
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", name) for name in names)


def test_every_service_with_a_store_has_migrations():
    with_store = {path.parent.name for path in Path("services").glob("*/store")}
    with_migrations = {path.parent.name for path in Path("services").glob("*/migrations")}
    assert with_store == with_migrations
