"""No input gives a 500, and every refusal is a problem that a program can read."""

import json

import pytest

from tests import people

SOHO = f"/v1/clinics/{people.SOHO.id}/notes"
TYPES = "https://needlepoint.dev/problems/"


@pytest.fixture
def bob(board):
    return board.as_(people.BOB)


def send(client, body, content_type="application/json", path=SOHO):
    return client.post(path, data=body, content_type=content_type)


def is_problem(answer):
    problem = json.loads(answer.text)
    assert answer.content_type == "application/problem+json"
    assert problem["type"].startswith(TYPES)
    assert problem["status"] == answer.status_code
    assert problem["title"]
    assert problem["detail"]
    assert len(problem["trace_id"]) == 32
    return problem


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"number": 1, "text": "a\\u0000b"}', 422),
        (b'{"number": 1, "text": "\\ud800"}', 422),
        (b'{"number": 99999999999}', 422),
        (b'{"number": ' + b"9" * 10_000 + b"}", 400),
        (b"[" * 100_000, 400),
        (b'{"s":' * 100_000, 400),
        (b'{"number": 1, "number": 2}', 400),
        (b'{"number": NaN}', 400),
        (b'{"number": 1e400}', 400),
        (b'{"number": "1"}', 422),
        (b'{"number": 1.0}', 422),
        (b'{"number": true}', 422),
        (b'{"number": 1, "urgent": "yes"}', 422),
        (b'{"number": 1, "admin": true}', 422),
        (b'{"number": null}', 422),
        (b"{}", 422),
        (b"[]", 422),
        (b"null", 422),
        (b'"text"', 422),
        (b"7", 422),
        (b"", 422),
        (b"{", 400),
        (b"\xff\xfe\x00", 400),
        (json.dumps([{}] * 100_000).encode(), 422),
        (b'{"number": 1, "text": "' + b"x" * 21 + b'"}', 422),
        (b'{"number": 1, "text": "' + b"x" * 2_000_000 + b'"}', 413),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else str(value),
)
def test_a_body_that_should_not_be_is_refused(bob, notes, body, status):
    answer = send(bob, body)
    assert answer.status_code == status
    is_problem(answer)
    assert notes() == 0


def test_field_errors_point_at_the_fields(bob):
    problem = is_problem(send(bob, b'{"number": "x", "un/known~": 1}'))
    assert {error["pointer"] for error in problem["errors"]} == {"#/number", "#/un~1known~0"}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""]
)
def test_another_kind_of_content_is_refused(bob, content_type):
    assert is_problem(send(bob, b'{"number": 1}', content_type))["status"] == 415


def test_a_packed_body_is_not_unpacked(bob):
    import gzip

    packed = bob.with_headers({"Content-Encoding": "gzip"})
    assert send(packed, gzip.compress(b'{"number": 1}')).status_code == 400


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("urgent=perhaps", "urgent"),
        ("sort=number", "sort"),
        ("sort=%00", "sort"),
        ("cursor=%00", "cursor"),
        ("cursor=" + "x" * 2000, "cursor"),
        ("%00=1", "\x00"),
    ],
)
def test_a_query_that_should_not_be_is_refused(board, query, parameter):
    answer = board.get(f"/v1/notes?{query}")
    assert answer.status_code == 422
    assert {error["parameter"] for error in is_problem(answer)["errors"]} == {parameter}


def test_a_route_that_reads_no_query_takes_none(bob):
    answer = bob.get("/v1/whoami?admin=true&clinic_id=x")
    assert answer.status_code == 422
    assert [error["parameter"] for error in is_problem(answer)["errors"]] == ["admin", "clinic_id"]


@pytest.mark.parametrize("cursor", ["abc", "%F0%9F%98%80", "AAAAAAAAAAAAAAAAAAAAAAAA", "=", "%ff"])
def test_a_made_up_cursor_is_refused(board, cursor):
    answer = board.get(f"/v1/notes?cursor={cursor}")
    assert answer.status_code == 422
    assert is_problem(answer)["type"] == TYPES + "cursor-unknown"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/clinics/nobody/notes",
        "/v1/clinics/01930000-0000-7000-8000-0000000050a/notes",
        "/v1/clinics/%00/notes",
        "/v1/notes/%00",
        "/v1/faults/%00",
        "/v1/notes/-1",
        "/nowhere",
        "/%ff%fe",
        "/v1//notes",
        "/v1/notes/" + "9" * 8000,
        "/../../etc/passwd",
    ],
)
def test_an_address_that_leads_nowhere_is_not_found(board, path):
    answer = board.get(path)
    assert answer.status_code in {404, 405} | ({200} if "999" in path else set())
    if answer.status_code != 200:
        is_problem(answer)


def test_a_wrong_method_says_which_are_right(board):
    answer = board.delete("/v1/notes")
    assert is_problem(answer)["status"] == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_head_and_options_answer_without_a_body(board):
    for method in ("HEAD", "OPTIONS"):
        answer = board.open(method, "/v1/notes")
        assert (answer.status_code, answer.data) == (200, b"")


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "X" * 50])
def test_an_invented_method_is_refused(board, method):
    assert board.open(method, "/v1/notes").status_code == 405


def test_a_route_may_take_a_larger_body(board):
    assert board.post("/v1/scan", data=b"x" * 1_500_000).status_code == 204
    assert board.post("/v1/scan", data=b"x" * 2_500_000).status_code == 413


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("unique", 409, "conflict"),
        ("null", 422, "rejected"),
        ("number", 422, "rejected"),
        ("text", 422, "rejected"),
        ("slow", 503, "unavailable"),
        ("cut", 503, "unavailable"),
        ("commit-lost", 503, "unavailable"),
        ("busy", 503, "unavailable"),
        ("syntax", 500, "internal"),
        ("elsewhere", 500, "internal"),
        ("bug", 500, "internal"),
        ("abort", 500, "internal"),
        ("nul", 422, "rejected"),
        ("surrogate", 422, "rejected"),
    ],
)
def test_a_fault_behind_the_edge_is_a_problem_without_its_inside(board, notes, fault, status, kind):
    answer = board.post(f"/v1/faults/{fault}")
    problem = is_problem(answer)
    assert (answer.status_code, problem["type"]) == (status, TYPES + kind)
    assert ("Retry-After" in answer.headers) == (status == 503)
    for inside in ("subject_sequences", "psycopg2", "Traceback", "marisa", "SELEKT", "Key ("):
        assert inside not in answer.text
    assert notes() == 0


def test_a_redirect_is_no_problem(board):
    answer = board.post("/v1/faults/redirect")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/v1/notes")


def test_who_lost_a_deadlock_is_tried_once_more(board, notes):
    assert board.post("/v1/faults/deadlock-once").status_code == 204
    assert notes() == 1


def test_a_strangers_host_is_refused_where_hosts_are_named(monkeypatch, stage, pool):
    from shared.http.app import create_api

    pool("booking")
    monkeypatch.setenv("TRUSTED_HOSTS", "needlepoint.example, .clinics.example")
    client = create_api("booking", []).test_client()
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/healthz", headers={"Host": "soho.clinics.example"}).status_code == 200
