"""Migrations run once, together or not at all, and never twice at a time."""

from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from shared import migrate


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A service's migrations of our own, beside the shared ones."""
    (tmp_path / "services/web/migrations").mkdir(parents=True)
    (tmp_path / "shared/migrations").mkdir(parents=True)
    monkeypatch.setattr(migrate, "ROOT", tmp_path)
    return tmp_path / "services/web/migrations"


@pytest.fixture
def fresh(empty_database):
    """A database with roles and schemas, and no table."""
    return empty_database


def test_a_file_is_applied_once(folder, fresh):
    (folder / "0001_cats.sql").write_text("CREATE TABLE web.cats (name text)")
    assert migrate.migrate(fresh, "web") == ["web/0001_cats"]
    assert migrate.migrate(fresh, "web") == []


def test_a_failing_file_leaves_nothing_behind(folder, fresh):
    (folder / "0001_cats.sql").write_text("CREATE TABLE web.cats (name text); SELECT 1 / 0")
    with pytest.raises(psycopg2.errors.DivisionByZero):
        migrate.migrate(fresh, "web")
    (folder / "0001_cats.sql").write_text("CREATE TABLE web.cats (name text)")
    assert migrate.migrate(fresh, "web") == ["web/0001_cats"]


def test_an_edited_file_is_refused(folder, fresh):
    (folder / "0001_cats.sql").write_text("CREATE TABLE web.cats (name text)")
    migrate.migrate(fresh, "web")
    (folder / "0001_cats.sql").write_text("CREATE TABLE web.dogs (name text)")
    with pytest.raises(migrate.MigrationChanged, match="0001_cats"):
        migrate.migrate(fresh, "web")


def test_of_four_that_migrate_at_once_one_applies(folder, fresh):
    (folder / "0001_cats.sql").write_text("CREATE TABLE web.cats (name text)")
    with ThreadPoolExecutor(4) as people:
        applied = list(people.map(lambda _: migrate.migrate(fresh, "web"), range(4)))
    assert sorted(applied, key=len) == [[], [], [], ["web/0001_cats"]]


@pytest.mark.parametrize(("told", "allowed"), [(None, "1min"), ("1800", "30min")])
def test_a_statement_may_take_a_minute_or_what_it_is_told(
    folder, fresh, monkeypatch, told, allowed
):
    if told:
        monkeypatch.setenv("MIGRATION_STATEMENT_S", told)
    text = "CREATE TABLE web.cats AS SELECT current_setting('statement_timeout') AS name"
    (folder / "0001_cats.sql").write_text(text)
    migrate.migrate(fresh, "web")
    with psycopg2.connect(fresh) as seen, seen.cursor() as cursor:
        cursor.execute("SET ROLE web_owner; SELECT name FROM web.cats")
        assert cursor.fetchall() == [(allowed,)]
    seen.close()


def test_what_takes_too_long_is_told_and_leaves_nothing_behind(folder, fresh, monkeypatch):
    monkeypatch.setenv("MIGRATION_STATEMENT_S", "1")
    file = folder / "0001_cats.sql"
    file.write_text("CREATE TABLE web.cats (name text); SELECT pg_sleep(600)")
    with pytest.raises(migrate.MigrationStopped, match=r"web/0001_cats .* MIGRATION_STATEMENT_S"):
        migrate.migrate(fresh, "web")
    file.write_text("CREATE TABLE web.cats (name text)")
    assert migrate.migrate(fresh, "web") == ["web/0001_cats"]
