"""Who may hold which role where."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from shared.errors import Conflict, Forbidden, NotFound, Rejected
from shared.permissions import FRANCHISE_ROLES, PERMISSIONS, allows

MOST_CLINICS = 60  # more would make an access token larger than its 4 KB


class StaffUnknown(NotFound):
    """Nobody of that id works at the caller's clinics."""


class EmailTaken(Conflict):
    """Two people cannot sign in with one address."""

    type = "email-taken"
    title = "This e-mail address is in use"


class RolesDoNotFit(Rejected):
    """Roles and clinics contradict each other."""

    type = "roles-do-not-fit"
    title = "These roles do not fit together"


class OwnAccess(Conflict):
    """Nobody changes their own rights: the last administrator would lock everybody out."""

    type = "own-access"
    title = "Somebody else must change your rights"


class MoreThanYours(Forbidden):
    """A key may do nothing that its maker may not."""

    type = "more-than-yours"
    title = "You cannot give rights that you do not have"


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff as others may know them.  `clinic_ids` is empty for headquarters."""

    id: UUID
    version: int
    email: str
    name: str
    roles: frozenset[str]
    clinic_ids: frozenset[UUID]
    active: bool
    epoch: int
    otp_confirmed: bool

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the person of a row."""
        return cls(
            id=row["id"],
            version=row["version"],
            email=row["email"],
            name=row["name"],
            roles=frozenset(row["roles"]),
            clinic_ids=frozenset(row["clinic_ids"]),
            active=row["active"],
            epoch=row["epoch"],
            otp_confirmed=row["otp_confirmed"],
        )

    @property
    def reach(self) -> frozenset[UUID] | None:
        """Return the clinics whose rows they may see; None is every clinic."""
        return None if self.roles & FRANCHISE_ROLES else self.clinic_ids


def require_fitting(roles: frozenset[str], clinic_ids: frozenset[UUID]) -> None:
    """Raise RolesDoNotFit unless the roles are all headquarters', or all a clinic's with clinics.

    Both at once would let headquarters, who reach every clinic, read every client's record.
    """
    franchise = roles & FRANCHISE_ROLES
    if franchise and franchise != roles:
        raise RolesDoNotFit("Headquarters roles and clinic roles cannot be held together.")
    if franchise and clinic_ids:
        raise RolesDoNotFit("Headquarters roles reach every clinic: leave the clinics out.")
    if not franchise and not clinic_ids:
        raise RolesDoNotFit("Name at least one clinic for a clinic role.")
    if len(clinic_ids) > MOST_CLINICS:
        raise RolesDoNotFit(f"One person can belong to at most {MOST_CLINICS} clinics.")


def require_not_own(by: UUID, staff_id: UUID, changes: Mapping[str, Any]) -> None:
    """Raise OwnAccess when somebody changes their own roles, clinics or standing."""
    if by == staff_id and {"roles", "clinic_ids", "active"} & set(changes):
        raise OwnAccess("Ask another administrator to change your own rights.")


def require_within(role: str, makers_roles: frozenset[str]) -> None:
    """Raise MoreThanYours when `role` may do what its maker neither may nor can appoint."""
    if not _is_within(role, makers_roles):
        raise MoreThanYours("Your own role does not include everything that this role may do.")


def stands_behind(maker: Person, role: str, clinic_id: UUID | None) -> bool:
    """Say whether the maker of a key could make it today: no key outlives its maker's rights."""
    reaches = maker.reach is None or clinic_id in maker.reach
    makes_keys = allows("api-keys:write", maker.roles)
    return maker.active and reaches and makes_keys and _is_within(role, maker.roles)


def _is_within(role: str, makers_roles: frozenset[str]) -> bool:
    if allows("staff:write", makers_roles):
        return True
    wanted = {name for name, holders in PERMISSIONS.items() if role in holders}
    return all(allows(name, makers_roles) for name in wanted)
