"""Keys for tills, calendars and other programs."""

import pytest

from tests import people

SOHO = str(people.SOHO.id)


def wanted(**changes):
    return {"label": "till", "role": "front_desk", "clinic_id": SOHO} | changes


def test_a_key_acts_in_its_role_at_its_clinic(identity, hanna):
    made = hanna.post("/v1/api-keys", json=wanted())
    assert made.status_code == 201
    assert made.json["key"].startswith("npk_")

    till = identity.with_headers(Authorization=f"Bearer {made.json['key']}")
    seen = till.get("/v1/me").json
    assert (seen["name"], seen["roles"], seen["clinics"]) == ("till", ["front_desk"], [SOHO])
    assert till.get("/v1/staff").status_code == 403


def test_the_key_is_shown_once(hanna):
    key = hanna.post("/v1/api-keys", json=wanted()).json["key"]
    answer = hanna.get("/v1/api-keys")
    assert [shown["label"] for shown in answer.json["items"]] == ["till"]
    assert key not in answer.text


def test_a_revoked_key_is_refused(identity, hanna):
    made = hanna.post("/v1/api-keys", json=wanted()).json
    assert hanna.delete(f"/v1/api-keys/{made['id']}").status_code == 204
    assert hanna.delete(f"/v1/api-keys/{made['id']}").status_code == 404
    assert hanna.get("/v1/api-keys").json["items"] == []
    answer = identity.post("/v1/api-keys/exchange", json={"key": made["key"]})
    assert answer.status_code == 401
    till = identity.with_headers(Authorization=f"Bearer {made['key']}")
    assert till.get("/v1/me").status_code == 401


def test_an_expired_key_is_refused(identity, hanna):
    made = hanna.post("/v1/api-keys", json=wanted(expires_at="2020-01-01T00:00:00Z")).json
    assert identity.post("/v1/api-keys/exchange", json={"key": made["key"]}).status_code == 401


def test_charlie_neither_sees_nor_ends_a_key_of_soho(identity, hanna):
    made = hanna.post("/v1/api-keys", json=wanted()).json
    charlie = identity.as_(people.CHARLIE)
    assert charlie.get("/v1/api-keys").json["items"] == []
    assert charlie.delete(f"/v1/api-keys/{made['id']}").status_code == 404
    assert charlie.post("/v1/api-keys", json=wanted()).status_code == 404


def test_alice_makes_keys_for_her_desk_but_none_that_may_more_than_she(identity):
    alice = identity.as_(people.ALICE)
    assert alice.post("/v1/api-keys", json=wanted()).status_code == 201
    for role in ("practitioner", "hq_admin"):
        clinic = None if role == "hq_admin" else SOHO
        answer = alice.post("/v1/api-keys", json=wanted(role=role, clinic_id=clinic))
        assert answer.status_code == 403
        assert answer.json["type"].endswith("/more-than-yours")


@pytest.fixture
def key_of_alice(identity, employed):
    """A key that Alice made for her desk."""
    employed(people.ALICE)
    return identity.as_(people.ALICE).post("/v1/api-keys", json=wanted()).json["key"]


def works(identity, key):
    return identity.post("/v1/api-keys/exchange", json={"key": key}).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"active": False},
        {"clinic_ids": [str(people.LISBON.id)]},
        {"roles": ["practitioner"]},
        {"roles": ["front_desk"]},
    ],
)
def test_a_key_ends_when_its_maker_could_not_make_it_any_more(
    identity, hanna, key_of_alice, change
):
    assert works(identity, key_of_alice)
    answer = hanna.patch(f"/v1/staff/{people.ALICE.id}", json=change, headers={"If-Match": '"1"'})
    assert answer.status_code == 200
    assert not works(identity, key_of_alice)


def test_a_key_that_a_key_made_ends_with_the_person_behind_both(identity, hanna, employed):
    employed(people.ALICE)
    program = wanted(label="rota", role="clinic_manager")
    first = identity.as_(people.ALICE).post("/v1/api-keys", json=program).json["key"]
    rota = identity.with_headers(Authorization=f"Bearer {first}")
    second = rota.post("/v1/api-keys", json=wanted()).json["key"]
    assert works(identity, second)
    gone = {"json": {"active": False}, "headers": {"If-Match": '"1"'}}
    assert hanna.patch(f"/v1/staff/{people.ALICE.id}", **gone).status_code == 200
    assert not works(identity, second)


@pytest.mark.parametrize("misfit", [{"clinic_id": None}, {"role": "hq_analyst"}])
def test_a_key_without_a_fitting_clinic_is_refused(hanna, misfit):
    assert hanna.post("/v1/api-keys", json=wanted(**misfit)).status_code == 422


@pytest.mark.parametrize("invented", ["npk_", "npk_" + "x" * 43, "npk_" + "x" * 500, "npk_é"])
def test_an_invented_key_is_refused(identity, invented):
    header = {"Authorization": f"Bearer {invented}".encode("latin-1").decode("latin-1")}
    assert identity.with_headers(header).get("/v1/me").status_code == 401
