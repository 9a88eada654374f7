"""What every answer carries."""

import json
import re

import pytest
from openapi_spec_validator import validate

from shared import db
from tests import people


def test_every_answer_carries_its_guards(board):
    for path in ("/v1/notes", "/nowhere", "/healthz", "/openapi.json"):
        headers = board.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in headers
        assert headers["X-Request-ID"]


def test_in_production_browsers_are_told_to_stay_with_https(board, monkeypatch):
    from shared.http.app import create_api

    monkeypatch.setenv("NEEDLEPOINT_ENV", "production")
    answer = create_api("booking", []).test_client().get("/healthz")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_the_callers_trace_is_joined(board):
    theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    own = board.get("/v1/notes", headers={"traceparent": theirs}).headers["traceparent"]
    assert own.split("-")[1] == theirs.split("-")[1]
    assert own.split("-")[2] != theirs.split("-")[2]


@pytest.mark.parametrize(
    "theirs", ["", "00-0-0-00", "x" * 500, "00-" + "0" * 32 + "-b7ad6b7169203331-01"]
)
def test_a_malformed_trace_starts_a_new_one(board, theirs):
    own = board.get("/v1/notes", headers={"traceparent": theirs}).headers["traceparent"]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", own)


def test_a_request_id_is_kept_when_it_is_well_made(board):
    kept = board.get("/healthz", headers={"X-Request-ID": "till-7.1234"}).headers["X-Request-ID"]
    made = board.get("/healthz", headers={"X-Request-ID": "x y"}).headers["X-Request-ID"]
    assert kept == "till-7.1234"
    assert re.fullmatch(r"[0-9a-f-]{36}", made)


def test_a_reader_who_has_the_version_already_is_told_so(board):
    answer = board.get("/v1/notes/3", headers={"If-None-Match": '"3"'})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == '"3"'
    assert board.get("/v1/notes/3", headers={"If-None-Match": '"2"'}).status_code == 200


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        (None, 428),
        ('"2"', 412),
        ('W/"3"', 412),
        ('"3"', 200),
        ("*", 200),
        ('"1", "3"', 200),
        ("", 412),
        ("3", 200),
    ],
)
def test_an_update_names_the_version_that_was_seen(board, if_match, status):
    headers = {} if if_match is None else {"If-Match": if_match}
    answer = board.patch("/v1/notes/3", json={"number": 3}, headers=headers)
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["ETag"] == '"4"'


def test_pages_lead_through_the_whole_list(board):
    bob = board.as_(people.BOB)
    for number in range(7):
        bob.post(f"/v1/clinics/{people.SOHO.id}/notes", json={"number": number})
    seen, query = [], {"limit": 3}
    while query:
        answer = board.get("/v1/notes", query_string=query).json
        seen.append([note["number"] for note in answer["items"]])
        query = {"limit": 3, "cursor": answer["next"]} if answer["next"] else None
    assert seen == [[0, 1, 2], [3, 4, 5], [6]]


def test_the_openapi_page_is_valid_and_says_who_may(board):
    page = board.get("/openapi.json").json
    validate(page)
    write = page["paths"]["/v1/clinics/{clinic_id}/notes"]["post"]
    assert write["security"] == [{"bearer": []}]
    assert write["x-permission"] == "appointments:book"
    assert "Idempotency-Key" in {parameter["name"] for parameter in write["parameters"]}
    assert {"201", "401", "403", "422", "default"} <= set(write["responses"])
    assert page["paths"]["/v1/notes"]["get"]["security"] == []
    problem = page["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert list(problem) == ["application/problem+json"]


def test_the_process_lives_while_the_database_does_not(board):
    db.open_pool("postgresql://nobody@127.0.0.1:9/nothing", connections=1, wait_s=0.1)
    assert board.get("/healthz").status_code == 200
    ready = board.get("/readyz")
    assert (ready.status_code, ready.json["database"]) == (503, "down")
    answer = board.get("/v1/notes")
    assert answer.status_code == 503
    assert json.loads(answer.text)["type"].endswith("/database-gone")


def test_ready_says_that_the_broker_is_down_and_takes_work(board):
    ready = board.get("/readyz")
    assert ready.status_code == 200
    assert ready.json == {"status": "ready", "broker": "down", "database": "up"}


def test_a_process_newer_than_its_schema_takes_no_work(board, admin_dsn):
    import psycopg2

    connection = psycopg2.connect(admin_dsn)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM booking.migrations WHERE name = 'shared/0001_messaging' RETURNING *"
        )
        row = cursor.fetchone()
        ready = board.get("/readyz")
        cursor.execute("INSERT INTO booking.migrations VALUES (%s, %s, %s)", row)
    connection.close()
    assert (ready.status_code, ready.json["database"]) == (503, "behind")


def test_metrics_count_by_route_and_name_nobody(board):
    board.as_(people.BOB).post(f"/v1/clinics/{people.SOHO.id}/notes", json={"number": 5})
    page = board.get("/metrics").text
    assert 'route="/v1/clinics/<uuid:clinic_id>/notes",service="booking",status="201"' in page
    assert str(people.SOHO.id) not in page
    assert str(people.BOB.id) not in page


def test_another_librarys_blueprint_is_refused(board):
    import flask_smorest

    from shared.http.app import create_api

    with pytest.raises(TypeError, match="Blueprint"):
        create_api("booking", [flask_smorest.Blueprint("plain", __name__)])
