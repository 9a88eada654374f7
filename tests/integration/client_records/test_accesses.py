"""Every look at a record is written down, and nobody rewrites it."""

import psycopg2
import pytest

from shared import db
from tests import people


def test_reading_a_client_says_who_looked_and_what_for(soho):
    client_id = soho.a_client()
    soho.get(f"/v1/clients/{client_id}", people.PRIYA)
    soho.get("/v1/clients?query=silva", people.BOB)

    seen = soho.get(f"/v1/clients/{client_id}/accesses").json["items"]

    assert [(each["action"], each["purpose"], each["actor_id"]) for each in seen] == [
        ("client.read", "search", str(people.BOB.id)),
        ("client.read", "record", str(people.PRIYA.id)),
        ("client.register", "registration", str(people.BOB.id)),
    ]


def test_the_log_comes_in_pages(soho):
    client_id = soho.a_client()
    for _ in range(3):
        soho.get(f"/v1/clients/{client_id}")

    first = soho.get(f"/v1/clients/{client_id}/accesses?limit=3").json
    rest = soho.get(f"/v1/clients/{client_id}/accesses?limit=3&cursor={first['next']}").json

    assert [each["position"] for each in first["items"] + rest["items"]] == [4, 3, 2, 1]


def test_the_chain_is_whole_while_nobody_touches_it(soho):
    client_id = soho.a_client()
    for _ in range(5):
        soho.get(f"/v1/clients/{client_id}")

    chain = soho.get(f"/v1/clinics/{people.SOHO.id}/access-chain").json

    assert (chain["length"], chain["whole"], chain["first_broken"]) == (6, True, None)


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE client_records.accesses SET purpose = 'nothing' WHERE position = 3",
        "DELETE FROM client_records.accesses WHERE position = 3",
    ],
)
def test_a_changed_or_removed_entry_shows(soho, admin_dsn, forgery):
    client_id = soho.a_client()
    for _ in range(5):
        soho.get(f"/v1/clients/{client_id}")
    connection = psycopg2.connect(admin_dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(forgery)
    connection.close()

    chain = soho.get(f"/v1/clinics/{people.SOHO.id}/access-chain").json

    assert (chain["whole"], chain["first_broken"]) == (False, 3)


@pytest.mark.parametrize(
    "attempt",
    [
        "UPDATE client_records.accesses SET purpose = 'nothing'",
        "DELETE FROM client_records.accesses",
        "TRUNCATE client_records.accesses",
        "INSERT INTO client_records.accesses SELECT * FROM client_records.accesses",
    ],
)
def test_the_service_itself_cannot_rewrite_the_log(soho, attempt):
    soho.a_client()

    with (
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
        db.transaction(db.EVERY_CLINIC) as tx,
    ):
        tx.run(attempt)


def test_not_even_the_owner_rewrites_the_log(soho, admin_dsn):
    soho.a_client()
    connection = psycopg2.connect(admin_dsn)
    with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("DELETE FROM client_records.accesses")
    connection.close()


def test_an_entry_for_another_clinic_is_refused(soho):
    client_id = soho.a_client()
    entry = (
        "SELECT client_records.record_access(%(clinic)s::uuid, %(clinic)s::uuid, 'a', 'b',"
        " ARRAY[%(client)s::uuid], now())"
    )
    with (
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
        db.transaction(db.Scope.of([people.SOHO.id])) as tx,
    ):
        tx.run(entry, {"clinic": people.LISBON.id, "client": client_id})


def test_front_desk_does_not_read_the_log(soho):
    client_id = soho.a_client()

    assert soho.get(f"/v1/clients/{client_id}/accesses", people.BOB).status_code == 403
