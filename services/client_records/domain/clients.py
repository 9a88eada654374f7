"""Who a client is: identifying fields, how they are compared, and when two are the same person."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.errors import Conflict, NotFound, Rejected

OLDEST = date(1900, 1, 1)
_SPACES = re.compile(r"\s+")
_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{5,}")


class ClientUnknown(NotFound):
    """There is no such client, or not at this clinic."""

    type = "client-unknown"
    title = "There is no such client"


class ClientErased(NotFound):
    """The client's data was erased for good."""

    type = "client-erased"
    title = "This client's data was erased"


class ClientExists(Conflict):
    """The same person is registered already."""

    type = "client-exists"
    title = "This client is registered already"


class BirthDateWrong(Rejected):
    """Nobody is born tomorrow."""

    type = "birth-date-wrong"
    title = "The birth date cannot be right"


class SearchTooShort(Rejected):
    """One letter finds everybody."""

    type = "search-too-short"
    title = "Type more of the name"


LEAST_SEARCH = 2


@dataclass(frozen=True, slots=True)
class Identity:
    """What says who somebody is.  Always kept sealed."""

    given_name: str
    family_name: str
    birth_date: date
    email: str | None
    phone: str | None

    @property
    def full_name(self) -> str:
        """Return the name as it is spoken."""
        return f"{self.given_name} {self.family_name}"


def normalised_email(email: str) -> str:
    """Return an address by which two spellings are equal."""
    return email.strip().casefold()


def normalised_phone(phone: str) -> str:
    """Return the digits of a number, with its plus."""
    return "+" + re.sub(r"\D", "", phone)


def is_number(text: str) -> bool:
    """Say whether a text can be a telephone number; its plus gets lost in addresses of pages."""
    return _NUMBER.fullmatch(text) is not None


def normalised_name(name: str) -> str:
    """Return a name without accents, case and double spaces."""
    plain = unicodedata.normalize("NFKD", name)
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _SPACES.sub(" ", letters).strip().casefold()


def name_matches(identity: Identity, wanted: str) -> bool:
    """Say whether every word of `wanted` begins a word of the name."""
    words = normalised_name(identity.full_name).split()
    return all(
        any(word.startswith(part) for word in words) for part in normalised_name(wanted).split()
    )


def require_birth_date(birth_date: date, today: date) -> None:
    """Raise BirthDateWrong for a day to come, or one that nobody alive remembers."""
    if not OLDEST <= birth_date <= today:
        raise BirthDateWrong("The birth date lies in the future or before 1900.")


def require_new(wanted: Identity, known: Mapping[UUID, Identity]) -> tuple[UUID, ...]:
    """Return clients who share the e-mail or phone: a family, perhaps.

    `known` share the e-mail or phone.  Raises ClientExists for one with the same birth date too.
    """
    for client_id, other in known.items():
        if other.birth_date == wanted.birth_date:
            raise ClientExists(
                "A client with this e-mail address or telephone number and birth date is "
                "registered already.",
                client_id=str(client_id),
            )
    return tuple(sorted(known))


def best(found: Iterable[tuple[UUID, Identity]], limit: int) -> list[tuple[UUID, Identity]]:
    """Return at most `limit` clients, sorted by family name."""
    ordered = sorted(
        found, key=lambda one: (normalised_name(one[1].family_name), one[1].given_name, one[0])
    )
    return ordered[:limit]
