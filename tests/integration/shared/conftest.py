"""A database with roles and schemas, and no table yet."""

import uuid

import pytest

from deploy.native import postgres
from tests import databases, lifetimes, servers


@pytest.fixture
def empty_database():
    server = servers.postgres()
    name = f"empty_{uuid.uuid4().hex[:12]}"
    password = databases.password(server, "needlepoint_migrator")
    postgres.create_database(server.admin_dsn, name)
    with lifetimes.alone("roles"):
        postgres.apply_roles(server.dsn(name), {"needlepoint_migrator": password})
    yield server.dsn(name, "needlepoint_migrator", password)
    postgres.drop_database(server.admin_dsn, name)
