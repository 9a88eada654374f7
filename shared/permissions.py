"""Who may do what: the one table.  A route names a permission; this page names its roles.

Headquarters sees numbers and device states, never a client's record: `hq_*` roles stand in no
`clients:`, `screenings:`, `consents:` or `sessions:` line.
"""

from typing import Final

HQ_ADMIN: Final = "hq_admin"
HQ_ANALYST: Final = "hq_analyst"
MANAGER: Final = "clinic_manager"
PRACTITIONER: Final = "practitioner"
FRONT_DESK: Final = "front_desk"

ROLES: Final = frozenset({HQ_ADMIN, HQ_ANALYST, MANAGER, PRACTITIONER, FRONT_DESK})
FRANCHISE_ROLES: Final = frozenset({HQ_ADMIN, HQ_ANALYST})  # reach every clinic

_HEADQUARTERS = frozenset({HQ_ADMIN, HQ_ANALYST})
_CLINIC = frozenset({MANAGER, PRACTITIONER, FRONT_DESK})
_EVERYBODY = _HEADQUARTERS | _CLINIC

PERMISSIONS: Final[dict[str, frozenset[str]]] = {
    # identity
    "me:read": _EVERYBODY,
    "staff:read": frozenset({HQ_ADMIN, MANAGER}),
    "staff:write": frozenset({HQ_ADMIN}),
    "api-keys:write": frozenset({HQ_ADMIN, MANAGER}),
    # booking
    "clinics:read": _EVERYBODY,
    "clinics:write": frozenset({HQ_ADMIN}),  # open one; its name, time zone, jurisdiction
    "catalogue:write": frozenset({HQ_ADMIN, MANAGER}),  # practitioners, rooms, treatments, hours
    "appointments:read": _CLINIC,
    "calendars:write": _CLINIC,  # a practitioner's own: that practitioner or a manager
    "courses:resume": frozenset({PRACTITIONER}),  # a course stops when something went wrong
    "imports:write": frozenset({MANAGER}),
    "exports:read": frozenset({MANAGER}),
    "appointments:book": _CLINIC,  # hold, move, walk-ins and notes as well
    "appointments:confirm": _CLINIC,
    "appointments:cancel": _CLINIC,
    "appointments:arrive": _CLINIC,
    "appointments:miss": _CLINIC,
    "appointments:complete": _CLINIC,  # who shows the client out closes the visit
    "appointments:undo": frozenset({MANAGER, FRONT_DESK}),  # takes charges back as well
    "ledger:read": frozenset({MANAGER, FRONT_DESK}),
    "ledger:write": frozenset({MANAGER, FRONT_DESK}),  # payments and refunds
    "ledger:waive": frozenset({MANAGER}),
    # client records
    "clients:read": _CLINIC,
    "clients:write": _CLINIC,
    "screenings:write": _CLINIC,
    "screenings:override": frozenset({PRACTITIONER}),
    "consents:write": _CLINIC,
    "sessions:read": frozenset({MANAGER, PRACTITIONER}),
    "sessions:treat": frozenset({PRACTITIONER}),
    "clients:erase": frozenset({MANAGER}),
    "accesses:read": frozenset({MANAGER}),
    "adverse-events:write": _CLINIC,
    "lots:read": frozenset({MANAGER, PRACTITIONER}),
    # device telemetry
    "devices:read": _EVERYBODY,
    "devices:write": frozenset({HQ_ADMIN, MANAGER}),
    "devices:identify": _CLINIC | {HQ_ADMIN},  # make one blink: for those who hold them, above all
    "devices:move": frozenset({HQ_ADMIN, MANAGER}),  # between clinics that are both theirs
    "firmware:withdraw": frozenset({HQ_ADMIN}),  # every clinic's devices become unfit
    "set-aside:replay": frozenset({HQ_ADMIN}),  # after our own fault was mended
    "traces:read": frozenset({MANAGER, PRACTITIONER}),
    "alarms:read": _EVERYBODY,
    "alarms:acknowledge": frozenset({HQ_ADMIN, MANAGER, PRACTITIONER}),
    # notification
    "messages:read": _CLINIC,
    "messages:resend": frozenset({MANAGER, FRONT_DESK}),
    "templates:read": _CLINIC,
    # headquarters
    "overview:read": _HEADQUARTERS,
    "attention:acknowledge": frozenset({HQ_ADMIN}),
}


def allows(permission: str, roles: frozenset[str]) -> bool:
    """Say whether any of `roles` holds `permission`.  KeyError: a route names none of the table."""
    return bool(PERMISSIONS[permission] & roles)
