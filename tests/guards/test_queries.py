"""Every named query is valid against the migrated schema, as the service's own role."""

import re
from pathlib import Path

import psycopg2
import pytest

from shared import db

FILES = sorted(Path("services").glob("*/store/*.sql"))
QUERIES = [
    pytest.param(file.parent.parent.name, text, id=f"{file}:{name}")
    for file in FILES
    for name, text in db.queries(str(file)).items()
]
NOT_EXPLAINABLE = re.compile(
    r"^\s*(COPY|LOCK|CREATE|DROP|TRUNCATE|SET|ANALYZE|CALL|ALTER)\b", re.MULTILINE
)


def test_every_store_module_has_its_queries_beside_it():
    assert FILES
    for file in FILES:
        assert file.with_suffix(".py").exists(), file


@pytest.mark.parametrize(("service", "query"), QUERIES)
def test_query_is_valid(dsn, service, query):
    values = dict.fromkeys(re.findall(r"%\((\w+)\)s", query))
    with psycopg2.connect(dsn(service)) as connection, connection.cursor() as cursor:
        cursor.execute(_statement(query), values)
        connection.rollback()
    connection.close()


def _statement(query):
    """EXPLAIN what can be explained; the rest is run and rolled back."""
    bare = re.sub(r"(?m)^\s*--.*$", "", query).strip()
    return bare if NOT_EXPLAINABLE.match(bare) else "EXPLAIN " + bare
