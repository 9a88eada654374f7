"""The same request twice has one effect and one answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared import clock, db
from shared.http import idempotency
from tests import people

SOHO = f"/v1/clinics/{people.SOHO.id}/notes"


@pytest.fixture
def bob(board):
    return board.as_(people.BOB)


def put_up(client, key, number=1, path=SOHO, **more):
    headers = {"Idempotency-Key": key}
    return client.post(path, json={"number": number, **more}, headers=headers)


def test_a_repeat_gets_the_first_answer(bob, notes):
    first, again = put_up(bob, "k"), put_up(bob, "k")
    assert first.status_code == again.status_code == 201
    assert first.data == again.data
    assert first.headers["ETag"] == again.headers["ETag"]
    assert first.content_type == again.content_type
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert notes() == 1


def test_a_repeat_has_its_own_request_id_and_trace(bob):
    first, again = put_up(bob, "k"), put_up(bob, "k")
    assert first.headers["X-Request-ID"] != again.headers["X-Request-ID"]
    assert first.headers["traceparent"] != again.headers["traceparent"]


def test_the_order_of_fields_does_not_matter(bob, notes):
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    for body in ('{"number": 1, "text": "x"}', '{"text":"x","number":1}'):
        assert bob.post(SOHO, data=body, headers=headers).status_code == 201
    assert notes() == 1


def test_another_body_under_the_same_key_is_refused(bob, notes):
    put_up(bob, "k", 1)
    answer = put_up(bob, "k", 2)
    assert answer.status_code == 422
    assert answer.json["type"].endswith("/idempotency-key-reused")
    assert notes() == 1


def test_another_clinic_under_the_same_key_is_refused(board, notes):
    both = board.as_(people.BOB, clinics=[str(people.SOHO.id), str(people.LISBON.id)])
    put_up(both, "k")
    other = put_up(both, "k", path=f"/v1/clinics/{people.LISBON.id}/notes")
    assert other.status_code == 422
    assert notes() == 1


def test_the_key_of_somebody_else_is_another_key(board, notes):
    first = put_up(board.as_(people.BOB), "k")
    other = put_up(board.as_(people.PRIYA), "k")
    assert first.json != other.json
    assert notes() == 2


def test_without_a_key_every_request_counts(bob, notes):
    for number in (1, 2):
        assert bob.post(SOHO, json={"number": number}).status_code == 201
    assert notes() == 2


def test_a_refusal_is_not_kept_for_nothing_happened(bob, notes):
    for _ in range(2):
        answer = put_up(bob, "k", 13)
        assert answer.status_code == 409
        assert answer.json["not_before"] == "2030-01-07"
        assert "Idempotency-Replayed" not in answer.headers
    assert notes() == 0
    assert put_up(bob, "k", 14).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "é"])
def test_a_key_that_cannot_be_used_is_refused(bob, notes, key):
    assert put_up(bob, key).status_code == 400
    assert notes() == 0


def test_of_twenty_at_once_one_counts_and_all_hear_the_same(board, stage, notes):
    client = board.as_(people.BOB)
    with ThreadPoolExecutor(20) as callers:
        answers = list(callers.map(lambda _: put_up(client, "k", urgent=True), range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 19
    assert notes() == 1


def test_what_is_kept_cannot_be_read_in_the_database(bob):
    answer = put_up(bob, "k")
    with db.transaction() as tx:
        kept = tx.one("SELECT response FROM idempotency_keys")
    assert answer.json["id"].encode() not in bytes(kept["response"])


def test_after_a_day_the_key_may_serve_again(bob, notes):
    put_up(bob, "k", 1)
    with db.transaction() as tx:
        tx.run("UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'")
    assert put_up(bob, "k", 2).status_code == 201
    assert notes() == 2


def test_old_answers_are_forgotten_and_young_ones_kept(bob):
    put_up(bob, "young")
    with db.transaction() as tx:
        assert idempotency.forget_old(tx, clock.now()) == 0
        assert idempotency.forget_old(tx, clock.now() + timedelta(hours=25)) == 1


def test_a_kept_answer_moved_to_another_key_does_not_open(bob):
    put_up(bob, "k")
    put_up(bob, "l")
    with db.transaction() as tx:
        tx.run(
            "UPDATE idempotency_keys SET response = "
            "(SELECT response FROM idempotency_keys WHERE key = 'k') WHERE key = 'l'"
        )
    assert put_up(bob, "l").status_code == 500
