"""Staff of the cast, in identity's own tables."""

import uuid

import pytest

from tests import people, staffing
from tests.staffing import PASSWORD


@pytest.fixture
def identity(api):
    """Identity, with no signing key in memory: the one there was went with its table."""
    from services.identity.api import signer

    signer.forget()
    return api("identity")


@pytest.fixture
def employed(identity):
    """Put people of the cast into identity's tables, with PASSWORD."""

    def employ(*persons):
        assert identity.app  # gives this process its pool
        staffing.employ(*persons)

    return employ


@pytest.fixture
def sign_in(identity):
    def ask(person, password=PASSWORD, **more):
        given = {"email": person.email, "password": password, **more}
        return identity.post("/v1/tokens", json=given)

    return ask


@pytest.fixture
def hanna(identity, employed):
    """Headquarters' administrator, signed in."""
    employed(people.HANNA)
    return identity.as_(people.HANNA)


@pytest.fixture
def somebody_new():
    def new(**changes):
        return {
            "email": f"new-{uuid.uuid4().hex[:8]}@needlepoint.example",
            "name": "Nora New",
            "roles": ["front_desk"],
            "clinic_ids": [str(people.SOHO.id)],
            "password": "a long enough secret",
        } | changes

    return new


@pytest.fixture
def password():
    return PASSWORD
