"""Every route of every service, asked by every role, by nobody, and by another clinic."""

import importlib
import re
import uuid

import pytest

from shared import clock, db, ids, staff
from shared.events.catalogue import Event
from shared.permissions import PERMISSIONS, allows
from tests import people, staffing

SERVICES = (
    "identity",
    "booking",
    "client_records",
    "device_telemetry",
    "notification",
    "headquarters",
)
ROLES = {person.roles[0]: person for person in people.EVERYONE}
INFRASTRUCTURE = {"healthz", "readyz", "prometheus", "openapi"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSED = {401, 403}


def routes(app):
    """Yield method, rule and what guards it, of every route that is a service's own."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint not in INFRASTRUCTURE:
            for method in sorted(rule.methods & set(METHODS)):
                yield method, rule, getattr(view, "guarded_by", None)


def address(rule, clinic):
    """Return an address of the rule: a clinic where one is named, ids of nothing elsewhere."""

    def value(found):
        told, _, name = found.group(1).rpartition(":")
        kind = told.partition("(")[0]  # int(max=9): the bounds of a converter
        if name == "clinic_id":
            return str(clinic.id)
        return {"uuid": str(uuid.uuid4()), "int": "1", "date": "2030-01-07"}.get(kind, "nothing")

    return re.sub(r"<([^>]+)>", value, rule.rule)


def ask(client, method, rule, clinic):
    body = {} if method == "GET" else {"json": {}}
    return client.open(method, address(rule, clinic), **body)


@pytest.fixture(params=SERVICES)
def service(request, api):
    client = api(request.param)
    assert client.app  # gives this process its pool
    if request.param == "identity":
        staffing.employ(*people.EVERYONE)
    return client


def guarded(service):
    return [
        (method, rule, guard["permission"])
        for method, rule, guard in routes(service.app)
        if guard and "permission" in guard
    ]


def test_every_route_says_who_may_use_it_or_why_everybody_may(service):
    silent = [f"{method} {rule}" for method, rule, guard in routes(service.app) if not guard]
    assert silent == []


def test_the_open_routes_of_the_web_pages_say_why(api):
    silent = [f"{method} {rule}" for method, rule, guard in routes(api("web").app) if not guard]
    assert silent == []


def test_nobody_is_let_in_without_a_token(service):
    let_in = [
        f"{method} {rule}"
        for method, rule, _ in guarded(service)
        if ask(service, method, rule, people.SOHO).status_code != 401
    ]
    assert let_in == []


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_let_in_where_the_table_says_and_nowhere_else(service, role):
    client = service.as_(ROLES[role])
    clinic = (ROLES[role].clinics or (people.SOHO,))[0]
    wrong = []
    for method, rule, permission in guarded(service):
        status = ask(client, method, rule, clinic).status_code
        may = allows(permission, frozenset({role}))
        if may == (status in REFUSED) or status >= 500:
            wrong.append(f"{method} {rule}: {permission} for {role} gave {status}")
    assert wrong == []


def test_another_clinics_routes_are_not_there(service):
    """Charlie holds the rights, at another clinic."""
    client = service.as_(people.CHARLIE)
    found = [
        f"{method} {rule}"
        for method, rule, permission in guarded(service)
        if "clinic_id" in rule.arguments
        and allows(permission, frozenset(people.CHARLIE.roles))
        and ask(client, method, rule, people.SOHO).status_code != 404
    ]
    assert found == []


def test_a_list_asked_for_another_clinic_is_refused(service):
    """The clinic of a filter is checked like one in the path."""
    client = service.as_(people.CHARLIE)
    shown = []
    for method, rule, permission in guarded(service):
        if method == "GET" and allows(permission, frozenset(people.CHARLIE.roles)):
            path = address(rule, people.LISBON)
            answer = client.get(path, query_string={"clinic_id": str(people.SOHO.id)})
            if answer.status_code not in {404, 422}:
                shown.append(f"{method} {rule} gave {answer.status_code}")
    assert shown == []


LISTENING = ("booking", "client_records", "device_telemetry", "notification", "headquarters")


@pytest.mark.parametrize("name", LISTENING)
def test_a_change_of_rights_reaches_the_service_and_ends_older_tokens(api, name):
    service = api(name)
    person, method, rule, permission = next(
        (person, *found)
        for person in (people.ALICE, people.HANNA)
        for found in guarded(service)
        if allows(found[2], frozenset(person.roles))
    )
    for epoch, let_in in ((1, True), (2, False)):
        hear_of(service, name, person, epoch)
        status = ask(service.as_(person, epoch=1), method, rule, people.SOHO).status_code
        assert (status != 401) == let_in, f"{method} {rule}: {permission}"


def hear_of(service, name, person, epoch):
    """Handle identity's word about a person, as the service's worker does."""
    assert service.app
    handlers = importlib.import_module(f"services.{name}.events.handlers").HANDLERS
    event = Event(
        id=ids.new(),
        type=staff.STAFF_CHANGED,
        source="/identity",
        subject=person.id,
        clinic_id=None,
        sequence=epoch,
        time=clock.now(),
        data={
            "staff_id": person.id,
            "name": person.name,
            "roles": list(person.roles),
            "clinic_ids": person.clinics and [clinic.id for clinic in person.clinics],
            "active": True,
            "epoch": epoch,
        },
    )
    with db.transaction(db.EVERY_CLINIC) as tx:
        handlers[staff.STAFF_CHANGED](tx, event)


def test_every_permission_of_the_table_guards_something(api):
    used = {permission for name in SERVICES for _, _, permission in guarded(api(name))}
    used |= {
        guard["permission"]
        for _, _, guard in routes(api("web").app)
        if guard and "permission" in guard
    }
    assert set(PERMISSIONS) - used == set()
