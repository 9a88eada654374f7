"""Long lists of one client come in pages."""

import pytest

from tests import people


@pytest.fixture
def ana(soho):
    """A client who signed three times and reported three times."""
    client_id = soho.a_client()
    for _ in range(3):
        appointment_id = soho.books(client_id)
        assert soho.signs(client_id, appointment_id).status_code == 201
        report = {"signs": ["AE-01"]}
        path = f"/v1/clients/{client_id}/adverse-events"
        assert soho.post(path, report, people.BOB).status_code == 201
    return client_id


@pytest.mark.parametrize(("what", "latest_first"), [("consents", False), ("adverse-events", True)])
def test_pages_follow_each_other_without_gap_or_repeat(soho, ana, what, latest_first):
    path = f"/v1/clients/{ana}/{what}"

    first = soho.get(f"{path}?limit=2", people.BOB).json
    second = soho.get(f"{path}?limit=2&cursor={first['next']}", people.BOB).json

    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
    found = [each["id"] for each in first["items"] + second["items"]]
    assert found == sorted(set(found), reverse=latest_first)
    assert found == [each["id"] for each in soho.get(path, people.BOB).json["items"]]
