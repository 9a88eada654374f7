"""What a person does with parked events, by the command they type."""

import json

import pytest

from shared import clock, db, ids
from shared.amqp import apply, consumer, parked
from shared.amqp.apply import Outcome
from tests.integration.messaging.conftest import NOTES
from tests.integration.messaging.listener import HANDLERS
from tests.messages import NEEDLE_DROPPED, a_message

pytestmark = pytest.mark.usefixtures("listening")


@pytest.fixture
def command(dsn):
    """Type `python -m shared.amqp.parked ...`; it opens and closes the process's pool."""

    def run(*words):
        parked.main(list(words))
        db.open_pool(dsn(NOTES))

    return run


def park_a_needle(**data):
    """Park a needle that cannot be read yet: its version has no handler today."""
    body = a_message(NEEDLE_DROPPED, {"number": 1, "note": "for Ms Nobody"} | data)
    assert consumer.receive("web", {}, body) == Outcome.PARKED


def parked_id(admin):
    return str(admin.column("SELECT id FROM web.parked ORDER BY parked_at LIMIT 1")[0])


def test_the_list_tells_what_waits_and_why_but_not_what_is_in_it(admin, command, capsys):
    park_a_needle()
    command("list")
    told = capsys.readouterr().out
    assert parked_id(admin) in told
    assert "testing.needle_dropped.v1" in told
    assert "Nobody here knows this event type" in told
    assert "1 parked" in told
    assert "Ms Nobody" not in told


def test_show_tells_everything(admin, command, capsys):
    park_a_needle()
    command("show", parked_id(admin))
    assert json.loads(capsys.readouterr().out)["message"]["data"]["note"] == "for Ms Nobody"


def test_show_tells_even_what_is_no_message(admin, command, capsys):
    consumer.receive("web", HANDLERS, b"\xff?")
    command("show", parked_id(admin))
    assert json.loads(capsys.readouterr().out)["message"] == "\\xff?"


def test_a_replayed_event_takes_effect_once_though_it_came_before(admin, command):
    park_a_needle()
    command("replay", parked_id(admin), "--by", "hanna")
    assert admin.count("web.parked") == 0
    assert apply.again(HANDLERS, clock.now()) == Outcome.APPLIED
    assert apply.again(HANDLERS, clock.now()) is None
    assert admin.count("web.noted") == 1
    [action] = admin.all("SELECT action, done_by FROM web.parked_actions")
    assert action == {"action": "replayed", "done_by": "hanna"}


def test_a_replayed_event_that_still_cannot_be_read_is_parked_again(admin, command):
    consumer.receive("web", HANDLERS, b"?")
    command("replay", parked_id(admin))
    assert apply.again(HANDLERS, clock.now()) == Outcome.PARKED
    assert admin.count("web.parked") == 1
    assert admin.count("web.retries") == 0


def test_all_are_replayed_in_the_order_in_which_they_were_parked(admin, command):
    for number in (1, 2, 3):
        park_a_needle(number=number)
    command("replay", "--all")
    while apply.again(HANDLERS, clock.now()):
        pass
    assert admin.column("SELECT number FROM web.noted ORDER BY position") == [1, 2, 3]


def test_nothing_waits_behind_a_replayed_event(admin, command):
    subject = ids.new()
    consumer.receive("web", {}, a_message(NEEDLE_DROPPED, {"number": 1}, subject=subject))
    command("replay", parked_id(admin))
    body = a_message(NEEDLE_DROPPED, {"number": 2}, subject=subject)
    assert consumer.receive("web", HANDLERS, body) == Outcome.APPLIED


def test_a_discarded_event_is_gone_and_the_reason_is_kept(admin, command):
    park_a_needle()
    command("discard", parked_id(admin), "--why", "sent by a test", "--by", "hanna")
    assert admin.count("web.parked") == 0
    assert admin.count("web.retries") == 0
    [action] = admin.all("SELECT action, done_by, why FROM web.parked_actions")
    assert action == {"action": "discarded", "done_by": "hanna", "why": "sent by a test"}


def test_nobody_discards_without_a_reason(admin, command):
    park_a_needle()
    with pytest.raises(SystemExit):
        command("discard", parked_id(admin))
    assert admin.count("web.parked") == 1


def test_an_event_that_is_not_parked_is_answered_with_a_sentence(command):
    with pytest.raises(SystemExit, match="is parked here"):
        command("show", str(ids.new()))
