"""What administrators do with staff."""

import pytest

from shared import db
from tests import people


def events(staff_id):
    with db.transaction() as tx:
        found = "SELECT data FROM outbox WHERE subject = %(id)s::uuid ORDER BY sequence"
        return [row["data"] for row in tx.all(found, {"id": str(staff_id)})]


def change(client, person, **changes):
    etag = client.get(f"/v1/staff/{person['id']}").headers["ETag"]
    return client.patch(f"/v1/staff/{person['id']}", json=changes, headers={"If-Match": etag})


def test_somebody_new_is_added_announced_and_signs_in(identity, hanna, somebody_new):
    wanted = somebody_new()
    answer = hanna.post("/v1/staff", json=wanted)
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    assert "password" not in answer.text

    (announced,) = events(answer.json["id"])
    assert announced["roles"] == ["front_desk"]
    assert announced["clinic_ids"] == [str(people.SOHO.id)]
    assert (announced["active"], announced["epoch"]) == (True, 1)
    given = {"email": wanted["email"], "password": wanted["password"]}
    assert identity.post("/v1/tokens", json=given).status_code == 200


def test_headquarters_is_announced_with_every_clinic(employed, hanna):
    assert events(people.HANNA.id)[0]["clinic_ids"] is None


def test_one_address_belongs_to_one_person(hanna, somebody_new):
    wanted = somebody_new()
    hanna.post("/v1/staff", json=wanted)
    answer = hanna.post("/v1/staff", json=wanted | {"email": wanted["email"].upper()})
    assert answer.status_code == 409
    assert answer.json["type"].endswith("/email-taken")


@pytest.mark.parametrize(
    "misfit",
    [
        {"roles": ["hq_admin", "clinic_manager"]},
        {"roles": ["hq_analyst"]},
        {"roles": ["front_desk"], "clinic_ids": []},
    ],
)
def test_roles_and_clinics_that_contradict_each_other_are_refused(hanna, somebody_new, misfit):
    answer = hanna.post("/v1/staff", json=somebody_new(**misfit))
    assert answer.status_code == 422
    assert answer.json["type"].endswith("/roles-do-not-fit")


@pytest.mark.parametrize("weak", ["password123", "aaaaaaaaaa", "noranora", "needlepoint"])
def test_a_password_that_anybody_would_try_is_refused(hanna, somebody_new, weak):
    answer = hanna.post("/v1/staff", json=somebody_new(password=weak))
    assert answer.status_code == 422
    assert answer.json["type"].endswith("/password-weak")


def test_alice_sees_her_clinics_staff_and_nobody_elses(identity, employed):
    employed(*people.EVERYONE)
    seen = identity.as_(people.ALICE).get("/v1/staff").json["items"]
    assert [person["name"] for person in seen] == ["Alice", "Bob", "Priya"]
    for hidden in (people.CHARLIE, people.HANNA):
        assert identity.as_(people.ALICE).get(f"/v1/staff/{hidden.id}").status_code == 404


def test_headquarters_turns_the_pages_of_all_staff(identity, employed):
    employed(*people.EVERYONE)
    names, cursor = [], ""
    while cursor is not None:
        query = f"?limit=2&cursor={cursor}" if cursor else "?limit=2"
        answer = identity.as_(people.HANNA).get(f"/v1/staff{query}").json
        names += [person["name"] for person in answer["items"]]
        cursor = answer["next"]
    assert names == ["Alice", "Ana", "Bob", "Charlie", "Hanna", "Priya"]


def test_a_cursor_of_another_list_is_refused(identity, employed):
    employed(*people.EVERYONE)
    hanna = identity.as_(people.HANNA)
    cursor = hanna.get("/v1/staff?limit=1").json["next"]
    for wrong in (cursor, cursor[:-2] + "AA", "AAAA", "é", "."):
        path = "/v1/api-keys" if wrong == cursor else "/v1/staff"
        answer = hanna.get(path, query_string={"cursor": wrong})
        assert answer.status_code == 422
        assert answer.json["type"].endswith("/cursor-unknown")


def test_bob_may_not_read_staff_and_alice_may_not_write(identity, employed, somebody_new):
    employed(*people.EVERYONE)
    assert identity.as_(people.BOB).get("/v1/staff").status_code == 403
    assert identity.as_(people.ALICE).post("/v1/staff", json=somebody_new()).status_code == 403


def test_new_rights_make_the_old_token_worthless(identity, employed, sign_in, hanna):
    employed(people.BOB)
    before = sign_in(people.BOB).json
    bob = identity.with_headers(Authorization=f"Bearer {before['access_token']}")
    assert bob.get("/v1/me").status_code == 200

    bobs = hanna.get(f"/v1/staff/{people.BOB.id}").json
    assert change(hanna, bobs, roles=["clinic_manager"]).status_code == 200
    assert bob.get("/v1/me").status_code == 401
    refreshed = identity.post(
        "/v1/tokens/refresh", json={"refresh_token": before["refresh_token"]}
    ).json
    now = identity.with_headers(Authorization=f"Bearer {refreshed['access_token']}")
    assert now.get("/v1/me").json["roles"] == ["clinic_manager"]


def test_who_leaves_is_out_at_once(identity, employed, sign_in, hanna):
    employed(people.BOB)
    before = sign_in(people.BOB).json
    bobs = hanna.get(f"/v1/staff/{people.BOB.id}").json
    assert change(hanna, bobs, active=False).json["active"] is False

    assert sign_in(people.BOB).status_code == 401
    given = {"refresh_token": before["refresh_token"]}
    assert identity.post("/v1/tokens/refresh", json=given).status_code == 401
    bob = identity.with_headers(Authorization=f"Bearer {before['access_token']}")
    assert bob.get("/v1/me").status_code == 401
    assert [event["epoch"] for event in events(people.BOB.id)] == [1, 2]


def test_a_new_name_is_no_new_right(employed, hanna):
    employed(people.BOB)
    bobs = hanna.get(f"/v1/staff/{people.BOB.id}").json
    assert change(hanna, bobs, name="Robert").json["name"] == "Robert"
    assert [event["epoch"] for event in events(people.BOB.id)] == [1, 1]


def test_nobody_changes_their_own_rights(hanna):
    own = hanna.get(f"/v1/staff/{people.HANNA.id}").json
    answer = change(hanna, own, active=False)
    assert answer.status_code == 409
    assert answer.json["type"].endswith("/own-access")


def test_a_change_needs_the_version_that_was_seen(employed, hanna):
    employed(people.BOB)
    path = f"/v1/staff/{people.BOB.id}"
    assert hanna.patch(path, json={"name": "B"}).status_code == 428
    for stale in ('"7"', 'W/"1"'):
        answer = hanna.patch(path, json={"name": "B"}, headers={"If-Match": stale})
        assert answer.status_code == 412
    assert hanna.patch(path, json={"name": "B"}, headers={"If-Match": "*"}).status_code == 200


def test_the_same_request_twice_adds_one_person(hanna, somebody_new):
    wanted = somebody_new()
    client = hanna.with_headers({"Idempotency-Key": "add-nora"})
    first, again = (client.post("/v1/staff", json=wanted) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json == again.json
    assert first.headers["ETag"] == again.headers["ETag"]
    assert again.headers["Idempotency-Replayed"] == "true"
    other = client.post("/v1/staff", json=somebody_new())
    assert other.status_code == 422
    assert other.json["type"].endswith("/idempotency-key-reused")


def test_bob_chooses_a_new_password_and_every_sign_in_ends(identity, employed, sign_in, password):
    employed(people.BOB)
    before = sign_in(people.BOB).json
    bob = identity.with_headers(Authorization=f"Bearer {before['access_token']}")
    wanted = {"current": password, "new": "an entirely new phrase"}
    wrong = bob.post("/v1/me/password", json=wanted | {"current": "not it at all"})
    assert wrong.status_code == 401
    assert bob.post("/v1/me/password", json=wanted).status_code == 204
    assert bob.get("/v1/me").status_code == 401
    assert sign_in(people.BOB).status_code == 401
    assert sign_in(people.BOB, wanted["new"]).status_code == 200
