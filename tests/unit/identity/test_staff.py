"""Who may hold which role where."""

from uuid import UUID

import pytest

from services.identity.domain.staff import (
    MOST_CLINICS,
    MoreThanYours,
    OwnAccess,
    RolesDoNotFit,
    require_fitting,
    require_not_own,
    require_within,
)
from shared.permissions import FRANCHISE_ROLES, ROLES

SOHO, LISBON = UUID(int=1), UUID(int=2)
CLINIC_ROLES = sorted(ROLES - FRANCHISE_ROLES)


@pytest.mark.parametrize("role", CLINIC_ROLES)
def test_a_clinic_role_goes_with_clinics(role):
    require_fitting(frozenset({role}), frozenset({SOHO, LISBON}))
    with pytest.raises(RolesDoNotFit, match="at least one clinic"):
        require_fitting(frozenset({role}), frozenset())


@pytest.mark.parametrize("role", sorted(FRANCHISE_ROLES))
def test_a_headquarters_role_goes_without(role):
    require_fitting(frozenset({role}), frozenset())
    with pytest.raises(RolesDoNotFit, match="every clinic"):
        require_fitting(frozenset({role}), frozenset({SOHO}))


@pytest.mark.parametrize("headquarters", sorted(FRANCHISE_ROLES))
@pytest.mark.parametrize("clinic", CLINIC_ROLES)
def test_nobody_is_both_for_they_would_read_every_record(headquarters, clinic):
    for clinics in (frozenset(), frozenset({SOHO})):
        with pytest.raises(RolesDoNotFit, match="together"):
            require_fitting(frozenset({headquarters, clinic}), clinics)


def test_one_may_be_manager_and_practitioner():
    require_fitting(frozenset({"clinic_manager", "practitioner"}), frozenset({SOHO}))


def test_clinics_are_as_many_as_a_token_can_carry():
    clinics = [UUID(int=number) for number in range(MOST_CLINICS + 1)]
    require_fitting(frozenset({"practitioner"}), frozenset(clinics[:-1]))
    with pytest.raises(RolesDoNotFit, match=str(MOST_CLINICS)):
        require_fitting(frozenset({"practitioner"}), frozenset(clinics))


@pytest.mark.parametrize("change", [{"roles": []}, {"clinic_ids": []}, {"active": False}])
def test_nobody_changes_their_own_rights(change):
    with pytest.raises(OwnAccess):
        require_not_own(SOHO, SOHO, change)
    require_not_own(SOHO, LISBON, change)


def test_everybody_may_change_their_own_name():
    require_not_own(SOHO, SOHO, {"name": "Zoë"})


def test_an_administrator_appoints_to_every_role():
    for role in ROLES:
        require_within(role, frozenset({"hq_admin"}))


def test_a_manager_gives_no_more_than_a_manager_has():
    manager = frozenset({"clinic_manager"})
    require_within("front_desk", manager)
    require_within("clinic_manager", manager)
    for role in ("practitioner", "hq_admin", "hq_analyst"):
        with pytest.raises(MoreThanYours):
            require_within(role, manager)


def test_a_manager_who_treats_may_give_a_practitioners_key():
    require_within("practitioner", frozenset({"clinic_manager", "practitioner"}))
