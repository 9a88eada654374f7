"""Clients are sealed, found without being read, and looked at only on the record."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg2
import pytest

from services.client_records.api import clients as api
from services.client_records.store import clients
from shared import crypto, db, ids
from tests import people
from tests.integration.client_records.conftest import problem, wanted_client


def test_a_client_is_registered_and_announced_without_more_than_contacts(soho):
    answer = soho.post("/v1/clients", wanted_client(), people.BOB)

    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    (told,) = soho.announced("client_records.client_changed.v1")
    assert told["client_id"] == answer.json["id"]
    assert told["given_name"] == "Ana"
    assert "Silva" not in str(told)
    assert "birth_date" not in told


def test_nothing_that_identifies_lies_open_in_the_database(soho, admin_dsn):
    soho.a_client(family_name="Canaryson", email="canary@example.com", phone="+351900000001")

    connection = psycopg2.connect(admin_dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT clients::text FROM client_records.clients")
        (row,) = cursor.fetchone()
        cursor.execute("SELECT sealed FROM client_records.clients")
        sealed = bytes(cursor.fetchone()[0])
    connection.close()

    for secret in ("Canaryson", "canary@example.com", "+351900000001", "1990-03-01"):
        assert secret not in row
        assert secret.encode() not in sealed


def test_a_ciphertext_moved_to_another_client_does_not_open(soho):
    ana, eva = soho.a_client(), soho.a_client(given_name="Eva")
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run(
            "UPDATE client_records.clients SET sealed = (SELECT sealed FROM client_records.clients"
            " WHERE id = %(ana)s::uuid) WHERE id = %(eva)s::uuid",
            {"ana": ana, "eva": eva},
        )

    with pytest.raises(crypto.SealBroken), db.transaction(db.EVERY_CLINIC) as tx:
        clients.find(tx, UUID(eva))


def test_the_same_person_is_not_registered_twice(soho):
    wanted = wanted_client()
    first = soho.post("/v1/clients", wanted, people.BOB)

    again = soho.post("/v1/clients", wanted | {"given_name": "Anna"}, people.BOB)

    assert problem(again) == (409, "client-exists")
    assert again.json["client_id"] == first.json["id"]


def test_a_family_may_share_a_telephone(soho):
    mother = wanted_client()
    known = soho.post("/v1/clients", mother, people.BOB).json["id"]
    daughter = wanted_client(birth_date="2001-01-01", phone=mother["phone"])

    answer = soho.post("/v1/clients", daughter, people.BOB)

    assert answer.status_code == 201
    assert answer.json["possible_duplicates"] == [known]


def test_of_eight_desks_that_register_one_person_one_does(soho):
    wanted = wanted_client()

    with ThreadPoolExecutor(8) as desks:
        answers = list(desks.map(lambda _: soho.post("/v1/clients", wanted, people.BOB), range(8)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


@pytest.mark.parametrize("birth_date", ["2999-01-01", "1850-01-01"])
def test_nobody_is_born_tomorrow_or_two_centuries_ago(soho, birth_date):
    answer = soho.post("/v1/clients", wanted_client(birth_date=birth_date), people.BOB)

    assert problem(answer) == (422, "birth-date-wrong")


@pytest.mark.parametrize(
    "query",
    [
        *("ANA@Example.com", "%2B351911111111", "%2B351 911-111 111", "+351911111111"),
        *("351911111111", "silva", "ana sil", "ánA", "Silvá  ana"),
    ],
)
def test_a_client_is_found_by_address_and_by_beginnings_of_the_name(soho, query):
    ana = soho.a_client(email="ana@example.com", phone="+351911111111")
    soho.a_client(given_name="Rui", family_name="Costa")

    found = soho.get(f"/v1/clients?query={query}", people.BOB).json["items"]

    assert [each["id"] for each in found] == [ana]


def test_one_letter_is_no_search(soho):
    assert problem(soho.get("/v1/clients?query=a")) == (422, "search-too-short")


def test_as_many_search_at_once_as_the_machine_carries(soho, monkeypatch):
    monkeypatch.setattr(api, "PATIENCE_S", 0)
    with api.SEARCHING.one(), api.SEARCHING.one():
        answer = soho.get("/v1/clients?query=sil")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert soho.get("/v1/clients").status_code == 200
    assert soho.get("/v1/clients?query=sil").status_code == 200


def test_search_and_ids_exclude_each_other(soho):
    answer = soho.get(f"/v1/clients?query=ana&ids={ids.new()}")

    assert problem(answer) == (422, "query-and-ids")


def test_clients_are_named_by_their_ids(soho):
    ana, rui = soho.a_client(), soho.a_client(given_name="Rui")

    found = soho.get(f"/v1/clients?ids={rui},{ana},{ids.new()}").json["items"]

    assert {each["id"] for each in found} == {ana, rui}
    assert soho.get("/v1/clients?ids=nobody").status_code == 422


def test_lists_come_in_pages(soho):
    registered = [soho.a_client() for _ in range(3)]

    first = soho.get("/v1/clients?limit=2").json
    rest = soho.get(f"/v1/clients?limit=2&cursor={first['next']}").json

    assert [each["id"] for each in first["items"] + rest["items"]] == registered
    assert rest["next"] is None


def test_a_correction_needs_the_version_that_was_seen(soho):
    client_id = soho.a_client()
    bob = soho.caller.as_(people.BOB)

    blind = bob.patch(f"/v1/clients/{client_id}", json={"locale": "en"})
    old = bob.patch(f"/v1/clients/{client_id}", json={"locale": "en"}, headers={"If-Match": '"7"'})
    right = bob.patch(
        f"/v1/clients/{client_id}",
        json={"phone": None, "given_name": "Anabela"},
        headers={"If-Match": '"1"'},
    )

    assert (blind.status_code, old.status_code, right.status_code) == (428, 412, 200)
    assert right.json["given_name"] == "Anabela"
    assert right.json["phone"] is None
    assert right.headers["ETag"] == '"2"'
    assert soho.announced("client_records.client_changed.v1")[-1]["version"] == 2


def test_nobody_is_corrected_into_somebody_else(soho):
    soho.a_client(email="taken@example.com")
    client_id = soho.a_client()

    answer = soho.caller.as_(people.BOB).patch(
        f"/v1/clients/{client_id}",
        json={"email": "taken@example.com"},
        headers={"If-Match": '"1"'},
    )

    assert problem(answer) == (409, "client-exists")


def test_erasure_destroys_the_key_and_all_that_it_opens(soho):
    client_id, appointment_id = soho.a_guest(email="gone@example.com")
    screening = soho.answers(client_id, appointment_id)["id"]

    assert soho.post(f"/v1/clients/{client_id}/erasure", who=people.BOB).status_code == 403
    assert soho.post(f"/v1/clients/{client_id}/erasure", who=people.ALICE).status_code == 204

    assert problem(soho.get(f"/v1/clients/{client_id}")) == (404, "client-erased")
    assert problem(soho.get(f"/v1/screenings/{screening}")) == (404, "client-erased")
    assert soho.get("/v1/clients?query=gone@example.com").json["items"] == []
    assert soho.get("/v1/clients?query=silva").json["items"] == []
    (told,) = soho.announced("client_records.client_erased.v1")
    assert told == {"client_id": client_id, "clinic_id": str(people.SOHO.id)}
    with db.transaction(db.EVERY_CLINIC) as tx:
        assert tx.all("SELECT * FROM client_records.client_keys") == []
    seen = soho.get(f"/v1/clients/{client_id}/accesses").json["items"]
    assert seen[0]["action"] == "client.erase"
    soho.books(client_id, "moved", appointment_id=appointment_id, version=2)


def test_nobody_is_erased_in_the_middle_of_a_treatment(soho):
    client_id, appointment_id = soho.a_guest()
    assert soho.starts(appointment_id).status_code == 201

    answer = soho.post(f"/v1/clients/{client_id}/erasure", who=people.ALICE)

    assert problem(answer) == (409, "treatment-running")


def test_an_export_holds_the_whole_record(soho):
    client_id, appointment_id = soho.a_guest()
    session_id = soho.starts(appointment_id).json["id"]
    soho.post(f"/v1/clients/{client_id}/adverse-events", {"signs": ["AE-01"], "note": "pink"})

    whole = soho.get(f"/v1/clients/{client_id}/export").json

    assert whole["client"]["family_name"] == "Silva"
    assert whole["screenings"][0]["answers"]["keloid"] is False
    assert whole["consents"][0]["signature"] == "Ana Silva"
    assert whole["sessions"][0]["id"] == session_id
    assert whole["adverse_events"][0]["note"] == "pink"


@pytest.mark.parametrize(
    "changes",
    [
        {"given_name": "a\x00b"},
        {"given_name": ""},
        {"email": "nobody"},
        {"phone": "0123"},
        {"locale": "english please"},
        {"birth_date": "01/02/1990"},
        {"surname": "Silva"},
    ],
)
def test_what_is_no_client_is_refused(soho, changes):
    answer = soho.post("/v1/clients", wanted_client(**changes), people.BOB)

    assert answer.status_code == 422
