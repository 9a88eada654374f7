"""A manager makes practitioners of the clinic's own staff only."""

import pytest

from services.booking.usecases import practitioners
from shared import db, ids
from tests import people
from tests.integration.booking.conftest import a_practitioner, problem


@pytest.fixture
def alice(api, franchise):
    return api("booking").as_(people.ALICE)


def employ(franchise, person, clinics, *, active=True):
    told = {
        "staff_id": str(person),
        "name": "Wren",
        "roles": ["practitioner"],
        "clinic_ids": clinics and [str(each) for each in clinics],
        "active": active,
        "epoch": 1,
    }
    franchise.hear("identity.staff_changed.v1", told, subject=person)


def add(alice, franchise, person):
    wanted = a_practitioner(str(person), "Wren", valid_until="2099-12-31")
    return alice.post(f"/v1/clinics/{franchise.clinic}/practitioners", json=wanted)


@pytest.mark.parametrize("where", ["both", "every"])
def test_own_staff_become_practitioners(alice, franchise, where):
    person = ids.new()
    both = [franchise.lisbon, franchise.clinic]
    employ(franchise, person, both if where == "both" else None)
    assert add(alice, franchise, person).status_code == 201


def test_staff_of_another_clinic_cannot_be_taken(alice, franchise):
    person = ids.new()
    employ(franchise, person, [franchise.lisbon])
    assert problem(add(alice, franchise, person)) == (422, "not-staff-here")
    employ(franchise, person, [franchise.lisbon, franchise.clinic])
    assert add(alice, franchise, person).status_code == 201


def test_who_left_does_not_practise_again(alice, franchise):
    employ(franchise, franchise.priya, [franchise.clinic], active=False)
    with db.transaction(db.EVERY_CLINIC) as tx:
        left = practitioners.find(tx, franchise.clinic, franchise.priya)
    assert left["active"] is False
    path = f"/v1/clinics/{franchise.clinic}/practitioners/{franchise.priya}"
    tag = {"If-Match": f'"{left["version"]}"'}
    assert problem(alice.patch(path, json={"active": True}, headers=tag)) == (422, "not-staff-here")
    employ(franchise, franchise.priya, [franchise.clinic])
    assert alice.patch(path, json={"active": True}, headers=tag).json["active"] is True
