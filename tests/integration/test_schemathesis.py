"""Schemathesis asks every operation of every service for what its page promises, and for worse."""

import importlib

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import FailureGroup, load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared.http.app import create_api
from shared.http.blueprints import Blueprint
from shared.http.guard import public
from shared.permissions import PERMISSIONS
from shared.schemas.base import Request, View, Whole
from tests import people, staffing

SERVICES = (
    "identity",
    "booking",
    "client_records",
    "device_telemetry",
    "notification",
    "headquarters",
)
EXAMPLES = 10  # an operation and mode; what it finds it finds again, for the seed is fixed
CHECKS = (
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
CALMLY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
load_all_checks()


def who_may(operation):
    """Return somebody whom the route lets in, so that what is behind it is reached."""
    permission = operation.definition.raw.get("x-permission")
    holders = [
        person
        for person in (people.ALICE, people.PRIYA, people.HANNA)
        if permission is None or PERMISSIONS[permission] & set(person.roles)
    ]
    return holders[0]


def fault_of(operation, token, mode):
    """Ask one operation; return what it did wrong, None for nothing."""
    headers = {"Authorization": f"Bearer {token}"}

    @seed(20261122)
    @CALMLY
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        if "clinic_id" in case.path_parameters and mode is GenerationMode.POSITIVE:
            case.path_parameters["clinic_id"] = str(people.SOHO.id)
        case.validate_response(case.call(headers=headers), checks=CHECKS)

    try:
        ask()
    except Unsatisfiable:  # nothing wrong can be said to it: it takes nothing
        return None
    except (FailureGroup, AssertionError) as failure:
        return str(failure)
    return None


@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value
)
@pytest.mark.parametrize("name", SERVICES)
def test_every_answer_is_one_that_the_page_promises(api, mint, name, mode):
    app = api(name).app
    if name == "identity":
        staffing.employ(*people.EVERYONE)
    page = schemathesis.openapi.from_wsgi("/openapi.json", app)
    operations = [found.ok() for found in page.get_all_operations()]
    faults = {
        operation.label: fault
        for operation in operations
        if (fault := fault_of(operation, mint.token(who_may(operation)), mode))
    }
    assert operations
    assert not faults, "\n\n".join(f"{label}\n{fault}" for label, fault in faults.items())


@pytest.mark.parametrize("name", ["device_telemetry", "headquarters"])
def test_tickets_of_live_streams_are_given_as_the_page_promises(api, mint, name):
    api(name).app  # noqa: B018 # enters the service: its settings, its pool
    app = importlib.import_module(f"services.{name}.live").create_app()
    page = schemathesis.openapi.from_wsgi("/openapi.json", app)
    [tickets] = [
        operation
        for found in page.get_all_operations()
        if (operation := found.ok()).path == "/tickets"  # the others are streams: they do not end
    ]
    token = mint.token(who_may(tickets))
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        assert fault_of(tickets, token, mode) is None


def planted(answer):
    """An application with one route, which answers wrongly."""
    board = Blueprint("board", __name__, url_prefix="/v1")

    class Note(Request):
        number = Whole(required=True)

    class NoteView(View):
        number = Whole(required=True)

    @board.route("/notes", methods=["POST"])
    @public("a planted fault")
    @board.arguments(Note)
    @board.response(201, NoteView)
    def write(wanted):
        """Answer wrongly."""
        return answer(wanted["number"])

    return create_api("booking", [board], database=False)


@pytest.mark.parametrize(
    "answer",
    [
        lambda number: 1 / (number - number),
        lambda _number: {},
        lambda _number: {"number": None},
    ],
    ids=["crashes", "leaves a field out", "sends nothing for a number"],
)
def test_a_planted_fault_is_found(answer):
    page = schemathesis.openapi.from_wsgi("/openapi.json", planted(answer))
    (operation,) = [found.ok() for found in page.get_all_operations()]
    assert fault_of(operation, "", GenerationMode.POSITIVE)


def test_an_application_without_a_fault_has_none():
    page = schemathesis.openapi.from_wsgi(
        "/openapi.json", planted(lambda number: {"number": number})
    )
    (operation,) = [found.ok() for found in page.get_all_operations()]
    assert fault_of(operation, "", GenerationMode.POSITIVE) is None
