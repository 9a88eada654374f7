"""Bad input gets the right refusal, and nothing changes."""

import pytest

from shared import db

HOSTILE = [
    None,
    [],
    "text",
    {},
    {"starts_at": None},
    {"starts_at": 1893492000},
    {"starts_at": "2030-01-07T10:00:00"},
    {"starts_at": "9999-12-31T23:59:59Z"},
    {"starts_at": "0001-01-01T00:00:00+14:00"},
    {"starts_at": "2030-02-30T10:00:00Z"},
    {"starts_local": "2030-01-07T10:00:00+01:00"},
    {"starts_local": "2030-01-07T10:00:00", "starts_at": "2030-01-07T10:00:00Z"},
    {"client_id": "1"},
    {"client_id": 1},
    {"client_id": "\x00"},
    {"practitioner_id": {"$ne": None}},
    {"hold_id": "nothing"},
    {"room_id": "00000000-0000-0000-0000-000000000000"},
    {"reason": "'; DROP TABLE booking.rooms; --"},
]


@pytest.mark.parametrize("noun", ["appointments", "holds"])
@pytest.mark.parametrize("body", HOSTILE, ids=str)
def test_hostile_booking_is_refused(desk, franchise, noun, body):
    wanted = desk.wanted() | body if isinstance(body, dict) and body else body
    answer = desk.client.post(f"/v1/clinics/{franchise.clinic}/{noun}", json=wanted)
    assert 400 <= answer.status_code < 500
    with db.transaction(db.EVERY_CLINIC) as tx:
        assert tx.one("SELECT count(*) AS n FROM booking.appointments", {})["n"] == 0


@pytest.mark.parametrize(
    "body", [{}, {"starts_at": "soon"}, {"status": "completed"}, {"reason": "x"}, []], ids=str
)
def test_hostile_move_is_refused(desk, franchise, body):
    booked = desk.booked()
    path = f"/v1/appointments/{booked['id']}"
    answer = desk.client.patch(path, json=body, headers={"If-Match": '"1"'})
    assert answer.status_code == 422
    assert desk.show(booked) == booked


@pytest.mark.parametrize("body", [{"reason": 1}, {"reason": "x" * 201}, {"by": "me"}], ids=str)
def test_hostile_step_is_refused(desk, franchise, body):
    booked = desk.booked()
    assert desk.step(booked, "cancel", json=body).status_code == 422
    assert desk.show(booked)["status"] == "booked"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "cursor=x", "status=gone", "from=x", "to=", "sort=name"]
)
def test_hostile_list_is_refused(desk, franchise, query):
    day = "from=2030-01-07T00:00:00Z&to=2030-01-08T00:00:00Z"
    name = query.split("=", 1)[0]
    kept = "&".join(part for part in day.split("&") if not part.startswith(name))
    answer = desk.client.get(f"/v1/clinics/{franchise.clinic}/appointments?{kept}&{query}")
    assert answer.status_code == 422


@pytest.mark.parametrize("rest", ["rooms", "treatments", "practitioners"])
@pytest.mark.parametrize("body", [None, [], {}, {"name": "\u0000"}, {"name": 7}], ids=str)
def test_hostile_catalogue_is_refused(api, franchise, rest, body):
    from tests import people

    alice = api("booking").as_(people.ALICE)
    answer = alice.post(f"/v1/clinics/{franchise.clinic}/{rest}", json=body)
    assert 400 <= answer.status_code < 500
