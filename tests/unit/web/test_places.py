"""Where people land, and that a link cannot send them away."""

import pytest

from services.web.domain.places import home_of, is_local


@pytest.mark.parametrize("role", ["hq_admin", "hq_analyst"])
def test_headquarters_lands_on_the_picture_of_all_clinics(role):
    assert home_of(frozenset({role})) == "/headquarters"


@pytest.mark.parametrize("role", ["front_desk", "practitioner", "clinic_manager"])
def test_the_clinic_lands_at_its_desk(role):
    assert home_of(frozenset({role})) == "/desk"


@pytest.mark.parametrize("address", ["/", "/desk", "/desk?clinic=1&day=2030-01-07", "/a//b"])
def test_pages_of_ours_are_local(address):
    assert is_local(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "desk",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\tevil",
        "/ü",
        "/desk\r\nSet-Cookie: sid=1",
        "/a\\b",
        "\\\\evil.example",
        "/ ",
    ],
)
def test_other_places_are_not(address):
    assert not is_local(address)
