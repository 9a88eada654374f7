"""The cast.  Alice manages Soho, Bob is at her front desk and Priya treats there; Charlie manages
another clinic and must see nothing of Soho; Hanna and Ana are headquarters."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Clinic:
    id: UUID
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff.  `clinics` of None means every clinic."""

    id: UUID
    name: str
    email: str
    roles: tuple[str, ...]
    clinics: tuple[Clinic, ...] | None


SOHO = Clinic(UUID("01930000-0000-7000-8000-0000000050a0"), "Soho", "Europe/London")
LISBON = Clinic(UUID("01930000-0000-7000-8000-000000011560"), "Lisbon", "Europe/Lisbon")


def _person(number: int, name: str, role: str, *clinics: Clinic) -> Person:
    return Person(
        id=UUID(f"01930000-0000-7000-8000-0000000a{number:04d}"),
        name=name,
        email=f"{name.lower()}@needlepoint.example",
        roles=(role,),
        clinics=clinics or None,
    )


ALICE = _person(1, "Alice", "clinic_manager", SOHO)
BOB = _person(2, "Bob", "front_desk", SOHO)
PRIYA = _person(3, "Priya", "practitioner", SOHO)
CHARLIE = _person(4, "Charlie", "clinic_manager", LISBON)
HANNA = _person(5, "Hanna", "hq_admin")
ANA = _person(6, "Ana", "hq_analyst")

EVERYONE = (ALICE, BOB, PRIYA, CHARLIE, HANNA, ANA)
