"""One schema, one owner, one login role for each service; clinics are hidden from each other."""

import psycopg2
import pytest

SERVICES = (
    "identity",
    "booking",
    "client_records",
    "device_telemetry",
    "notification",
    "headquarters",
    "web",
)

TABLES = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
       EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'clinic_id' AND NOT a.attisdropped
WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
# What every schema holds for messages: a relay and a worker carry the events of all clinics.
SHARED = {"outbox", "inbox", "retries", "parked", "subject_sequences", "subject_positions"}


def rows(dsn, sql, *values):
    connection = psycopg2.connect(dsn)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("service", SERVICES)
def test_tables_of_a_clinic_hide_other_clinics_even_from_their_owner(dsn, service):
    found = rows(dsn(service), TABLES, service)
    open_doors = [
        name
        for name, enabled, forced, policy in found
        if name not in SHARED and not (enabled and forced and policy)
    ]
    assert open_doors == []


@pytest.mark.parametrize("service", SERVICES)
def test_login_role_owns_nothing(dsn, service):
    owned = rows(
        dsn(service),
        "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user",
    )
    assert owned == [(0,)]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("other", SERVICES)
def test_login_role_is_refused_in_anothers_schema(dsn, service, other):
    question = f"SELECT count(*) FROM {other}.migrations"
    if service == other:
        assert rows(dsn(service), question)
    else:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            rows(dsn(service), question)


@pytest.mark.parametrize("service", SERVICES)
def test_login_role_cannot_create_tables(dsn, service):
    for schema in (service, "public"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            rows(dsn(service), f"CREATE TABLE {schema}.smuggled (id int)")


@pytest.mark.parametrize("service", SERVICES)
def test_scope_shows_named_clinics_and_nothing_when_unset(dsn, service):
    clinic = "00000000-0000-7000-8000-000000000001"
    other = "00000000-0000-7000-8000-000000000002"
    for setting, expected in (
        ("", False),
        (other, False),
        (f"{other},{clinic}", True),
        ("*", True),
    ):
        answer = rows(
            dsn(service),
            f"SELECT {service}.in_scope(%s::uuid) "
            "FROM set_config('needlepoint.clinics', %s, false)",
            clinic,
            setting,
        )
        assert answer == [(expected,)]
    assert rows(dsn(service), f"SELECT {service}.in_scope(%s::uuid)", clinic) == [(False,)]
