"""A log line says what happened, and names nobody."""

import json
import logging
import uuid

import pytest

from shared import logging as ours

CLIENT = {
    "given_name": "Marisa",
    "family_name": "Quintanilha",
    "birth_date": "1984-05-06",
    "email": "marisa.q@example.com",
    "phone": "+351912345678",
    "note": "Keloid on the left shoulder, takes isotretinoin",
    "answers": {"pregnant": "yes"},
    "address": {"street": "Rua das Flores 12"},
}
PERSONAL = (
    "Marisa",
    "Quintanilha",
    "1984",
    "marisa.q",
    "912345678",
    "Keloid",
    "isotretinoin",
    "yes",
    "Flores",
)


@pytest.fixture
def lines(capsys):
    root = logging.getLogger()
    before = list(root.handlers)
    ours.bind()  # nothing of what a test before was about
    ours.configure("client_records", "client-records-api")

    def read():
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    yield read
    root.handlers[:] = before


def test_a_whole_client_record_leaves_nothing_personal(lines, capsys):
    ours.bind(request_id="r1", **CLIENT)
    ours.logger("services.client_records").info("client changed", client=CLIENT, **CLIENT)
    written = capsys.readouterr().out
    assert not [word for word in PERSONAL if word in written]
    line = json.loads(written)
    assert line["event"] == "client changed"
    assert line["request_id"] == "r1"
    assert set(CLIENT) <= set(line["withheld"])


def test_an_error_leaves_its_type_and_place_and_not_its_message(lines):
    def fails():
        raise ValueError("Key (email)=(marisa.q@example.com) already exists")

    with pytest.raises(ValueError, match="already") as caught:
        fails()
    ours.log_fault(caught.value, status=500)
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert line["where"][-1].split(":")[0].endswith("test_logging.py")
    assert "marisa" not in json.dumps(line)


def test_a_library_that_quotes_what_it_works_on_is_silenced(lines):
    logging.getLogger("some.library").warning("cannot send to %s", CLIENT["email"])
    (line,) = lines()
    assert line["event"] == "a library's message, withheld"
    assert line["logger"] == "some.library"


def test_gunicorn_speaks_through_the_same_lines(lines):
    logging.getLogger("gunicorn.error").info("Booting worker with pid: %s", 7)
    logging.getLogger("gunicorn.access").info("GET /v1/clients?query=Marisa")
    (line,) = lines()
    assert line["event"] == "Booting worker with pid: 7"
    assert (line["service"], line["process"]) == ("client_records", "client-records-api")


@pytest.mark.parametrize(
    "address",
    ["/v1/links/move.s3cret.x/times?from=1", "/v1/calendars/s3cret.ics", "/visit/s3cret"],
)
def test_gunicorn_does_not_say_an_address_that_is_a_secret(lines, address):
    logging.getLogger("gunicorn.error").error("Error handling request %s", address)
    logging.getLogger("gunicorn.error").warning("Invalid: '%s'", f"GET {address} HTTP/9")
    said = [line["event"] for line in lines()]
    assert all("s3cret" not in each for each in said)
    assert said[0].startswith("Error handling request /v")


def test_a_line_feed_and_an_escape_stay_inside_their_line(lines, capsys):
    ours.logger("services.x").info(
        "asked", reason='\n{"event": "forged"}\x1b[31m', subject=uuid.UUID(int=1)
    )
    written = capsys.readouterr().out
    assert written.count("\n") == 1
    assert "\x1b" not in written
    assert json.loads(written)["subject"] == str(uuid.UUID(int=1))


def test_a_request_line_names_the_route_and_not_the_address(lines):
    ours.log_request("GET", "/v1/clients/<uuid:client_id>", 200, 0.0123, None)
    (line,) = lines()
    assert (line["route"], line["status"]) == ("/v1/clients/<uuid:client_id>", 200)
    assert line["duration_ms"] == 12.3


def test_a_new_request_forgets_the_last_ones_facts(lines):
    ours.bind(request_id="r1", actor_id="a")
    ours.bind(request_id="r2")
    ours.logger("services.x").info("asked")
    (line,) = lines()
    assert line["request_id"] == "r2"
    assert "actor_id" not in line


def logged_keys():
    """Every key with which the code writes a log line: log.info("...", key=value)."""
    import ast
    from pathlib import Path

    files = [*Path("services").rglob("*.py"), *Path("shared").rglob("*.py")]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                on = node.func.value
                if isinstance(on, ast.Name) and on.id in {"log", "_log"}:
                    yield from ((str(file), key.arg) for key in node.keywords if key.arg)


def test_no_line_in_the_code_is_written_in_vain():
    known = ours.ALLOWED | {"exc_info"}
    assert [(file, key) for file, key in logged_keys() if key not in known] == []
