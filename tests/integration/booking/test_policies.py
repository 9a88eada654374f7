"""A clinic's policy: the defaults, a manager's changes, and what is refused."""

import pytest

from tests import people
from tests.integration.booking.conftest import problem


@pytest.fixture
def manager(api, franchise):
    return api("booking").as_(people.ALICE)


def path(franchise):
    return f"/v1/clinics/{franchise.clinic}/policy"


def change(client, franchise, version, **changes):
    return client.patch(path(franchise), json=changes, headers={"If-Match": f'"{version}"'})


def test_a_clinic_that_never_set_a_policy_charges_nothing(desk, franchise):
    answer = desk.client.get(path(franchise))
    assert answer.headers["ETag"] == '"0"'
    assert answer.json["cancel_notice_minutes"] == 1440
    assert (answer.json["late_cancel_fee"], answer.json["no_show_fee"]) == (None, None)
    assert answer.json["deposit"] is None
    assert "Cancelling later costs nothing." in answer.json["in_words"]


def test_a_manager_changes_what_is_named_and_the_rest_stays(manager, franchise):
    first = change(manager, franchise, 0, late_cancel_fee={"percent": 50}, offer_minutes=45)
    assert first.status_code == 200, first.json
    assert first.headers["ETag"] == '"1"'
    second = change(manager, franchise, 1, no_show_fee={"amount_minor": 9000}, currency="GBP")
    assert second.json == manager.get(path(franchise)).json
    assert second.json["late_cancel_fee"] == {"amount_minor": None, "percent": 50}
    assert second.json["no_show_fee"] == {"amount_minor": 9000, "percent": None}
    assert (second.json["offer_minutes"], second.json["version"]) == (45, 2)
    assert change(manager, franchise, 2, late_cancel_fee=None).json["late_cancel_fee"] is None


def test_an_old_copy_does_not_overwrite(manager, franchise):
    assert change(manager, franchise, 0, offer_minutes=45).status_code == 200
    assert problem(change(manager, franchise, 0, offer_minutes=60)) == (412, "changed-meanwhile")
    blind = manager.patch(path(franchise), json={"offer_minutes": 60})
    assert problem(blind) == (428, "precondition-required")


@pytest.mark.parametrize(
    "wrong",
    [
        {"late_cancel_fee": {"percent": 101}},
        {"late_cancel_fee": {"percent": 50, "amount_minor": 100}},
        {"no_show_fee": {}},
        {"no_show_fee": {"amount_minor": -1}},
        {"deposit": {"amount_minor": 2**40}},
        {"cancel_notice_minutes": -1},
        {"currency": "gbp"},
        {"offer_minutes": None},
        {"surprise": 1},
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(manager, franchise, wrong):
    assert change(manager, franchise, 0, **wrong).status_code == 422
    assert manager.get(path(franchise)).json["version"] == 0


def test_an_amount_without_a_currency_is_refused(manager, franchise):
    refused = change(manager, franchise, 0, deposit={"amount_minor": 2000})
    assert problem(refused) == (422, "currency-missing")


def test_the_desk_reads_the_policy_and_does_not_change_it(desk, franchise):
    assert desk.client.get(path(franchise)).status_code == 200
    assert change(desk.client, franchise, 0, offer_minutes=45).status_code == 403


def test_another_clinics_policy_is_not_there(api, franchise):
    charlie = api("booking").as_(people.CHARLIE)
    assert charlie.get(path(franchise)).status_code == 404
