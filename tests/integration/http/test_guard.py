"""Who is let in, and where to."""

import pytest

from shared import clock, db, ids, staff
from shared.events.catalogue import Event
from tests import people

NOTE = {"number": 1}


def notes_of(clinic):
    return f"/v1/clinics/{clinic.id}/notes"


def changed(person, epoch):
    """Receive identity's word that a person's rights changed."""
    event = Event(
        id=ids.new(),
        type=staff.STAFF_CHANGED,
        source="/identity",
        subject=person.id,
        clinic_id=None,
        sequence=1,
        time=clock.now(),
        data={"epoch": epoch},
    )
    with db.transaction() as tx:
        staff.remember(tx, event)


def test_bob_writes_on_his_clinics_board(board):
    assert board.as_(people.BOB).post(notes_of(people.SOHO), json=NOTE).status_code == 201


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic Ym9iOmJvYg==", "bearer x", "Bearer a b c"]
)
def test_without_a_token_nobody_is_let_in(board, notes, header):
    client = board if header is None else board.with_headers({"Authorization": header})
    answer = client.post(notes_of(people.SOHO), json=NOTE)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert notes() == 0


def test_a_refusal_comes_before_the_body_is_read(board):
    answer = board.post(notes_of(people.SOHO), data="{", content_type="application/json")
    assert answer.status_code == 401


@pytest.mark.parametrize("person", [people.HANNA, people.ANA], ids=lambda person: person.name)
def test_headquarters_books_nothing(board, person):
    answer = board.as_(person).post(notes_of(people.SOHO), json=NOTE)
    assert answer.status_code == 403
    assert answer.json["type"].endswith("/not-allowed")


def test_charlies_view_of_soho_is_that_of_a_clinic_that_is_not_there(board, notes):
    there = board.as_(people.CHARLIE).post(notes_of(people.SOHO), json=NOTE)
    nowhere = board.as_(people.CHARLIE).post(f"/v1/clinics/{ids.new()}/notes", json=NOTE)
    assert there.status_code == nowhere.status_code == 404
    for name in ("type", "title", "detail"):
        assert there.json[name] == nowhere.json[name]
    assert notes() == 0


def test_a_clinic_named_outside_the_path_is_checked_too(board):
    assert board.as_(people.BOB).get(f"/v1/reach/{people.SOHO.id}").status_code == 204
    assert board.as_(people.BOB).get(f"/v1/reach/{people.LISBON.id}").status_code == 404
    assert board.as_(people.ANA).get(f"/v1/reach/{people.LISBON.id}").status_code == 204


def test_rows_are_shown_by_the_callers_clinics(board):
    assert board.as_(people.BOB).get("/v1/whoami").json["reach"] == str(people.SOHO.id)
    assert board.as_(people.ANA).get("/v1/whoami").json["reach"] == "*"


def test_a_change_of_rights_ends_older_tokens(board):
    bob = board.as_(people.BOB, epoch=1)
    assert bob.get("/v1/whoami").status_code == 200
    changed(people.BOB, 2)
    assert bob.get("/v1/whoami").status_code == 401
    assert board.as_(people.BOB, epoch=2).get("/v1/whoami").status_code == 200


def test_an_older_event_that_comes_late_changes_nothing(board):
    changed(people.BOB, 5)
    changed(people.BOB, 3)
    assert board.as_(people.BOB, epoch=4).get("/v1/whoami").status_code == 401


def test_what_a_caller_says_about_itself_is_ignored(board):
    claims = {"X-User-Id": str(people.HANNA.id), "X-Forwarded-Host": "evil.example"}
    seen = board.as_(people.BOB).with_headers(claims).get("/v1/whoami")
    assert seen.json["id"] == str(people.BOB.id)
    assert "evil" not in str(seen.headers)


def test_an_api_key_that_cannot_be_checked_is_asked_to_come_again(board):
    answer = board.with_headers(Authorization="Bearer npk_" + "x" * 43).get("/v1/whoami")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize("claims", [{"aud": "another"}, {"roles": None}, {"exp": 1}], ids=str)
def test_a_token_that_is_not_quite_ours_is_refused(board, claims):
    assert board.as_(people.BOB, **claims).get("/v1/whoami").status_code == 401
