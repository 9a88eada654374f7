"""Once, whatever the server and our own processes do."""

import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from datetime import timedelta

import pytest

from services.notification.settings import Settings
from services.notification.timer import Dispatcher
from shared import clock, db
from tests.integration.notification import happenings as given
from tests.integration.notification.happenings import MONDAY_10, WEEK_BEFORE, Visit, hear

MINUTE = timedelta(minutes=1)


def address_of(visit):
    return f"maria.{visit.client_id.hex[:8]}@example.org"


@pytest.fixture
def visit(dispatcher, at):
    at(WEEK_BEFORE)
    visit = Visit()
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    return visit


@pytest.fixture
def a_dispatcher_process(stage, mailbox, tmp_path):
    """Start the real notification-timer; its log is at `log`."""
    started = []

    def start(log=tmp_path / "log"):
        environment = os.environ | stage.environment("notification") | {"SMTP_URL": mailbox.url}
        command = [sys.executable, "-m", "services.notification.timer"]
        with log.open("w") as out:
            started.append(
                subprocess.Popen(command, env=environment, start_new_session=True, stdout=out)
            )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def confirmation(rows, visit):
    return next(row for row in rows(visit) if row["kind"] == "confirmation")


def test_a_server_that_says_later_gets_the_same_mail_later(visit, dispatcher, mailbox, at, rows):
    mailbox.says["RCPT", address_of(visit)] = "451 Greylisted"
    dispatcher.turn()
    dispatcher.turn()
    assert confirmation(rows, visit)["reason"] == "smtp_451"
    assert mailbox.taken == []

    mailbox.says.clear()
    at(WEEK_BEFORE + MINUTE)
    dispatcher.turn()
    row = confirmation(rows, visit)
    assert (row["state"], row["attempts"]) == ("sent", 2)
    assert len(mailbox.taken) == 1


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_server_that_refuses_for_good_is_not_asked_again(
    visit, dispatcher, mailbox, at, rows, announced, step
):
    mailbox.says[step, address_of(visit)] = "550 No such user: maria"
    dispatcher.turn()
    at(WEEK_BEFORE + 60 * MINUTE)
    dispatcher.turn()

    row = confirmation(rows, visit)
    assert (row["state"], row["reason"], row["attempts"]) == ("failed", "smtp_550", 1)
    assert "maria" not in str(announced()[0]["data"])


def test_after_many_refusals_for_the_moment_a_message_has_failed(
    visit, dispatcher, mailbox, at, rows
):
    mailbox.says["DATA", address_of(visit)] = "452 Full"
    now = WEEK_BEFORE
    for _ in range(10):
        dispatcher.turn()
        now += 60 * MINUTE
        at(now)

    row = confirmation(rows, visit)
    assert (row["state"], row["attempts"]) == ("failed", 8)


def test_a_lost_answer_is_unknown_and_never_repeated_by_itself(
    visit, dispatcher, mailbox, at, rows, announced
):
    mailbox.drop_after_data = True
    dispatcher.turn()
    mailbox.drop_after_data = False
    at(WEEK_BEFORE + 60 * MINUTE)
    dispatcher.turn()

    row = confirmation(rows, visit)
    assert (row["state"], row["reason"]) == ("unknown", "answer_lost")
    assert len(mailbox.taken) == 1
    assert [each["data"]["reason"] for each in announced()] == ["answer_lost"]


def test_a_connection_that_died_meanwhile_costs_nothing(visit, dispatcher, mailbox, rows):
    dispatcher.turn()
    more = [Visit() for _ in range(4)]
    for each in more:
        hear(given.client(each.client_id), each.booked())
    mailbox.drop_kept = True
    dispatcher.turn()

    assert {row["state"] for row in rows() if row["kind"] == "confirmation"} == {"sent"}
    assert len(mailbox.taken) == 5
    assert not mailbox.drop_kept  # it did die


def test_a_server_that_is_away_costs_no_try(pool, at, rows):
    pool("notification")
    at(WEEK_BEFORE)
    visit = Visit()
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    nobody = Dispatcher(Settings("smtp://127.0.0.1:9", "clinic@needlepoint.example", 2))
    with pytest.raises(Exception, match="ConnectionRefused"):
        nobody.turn()
    nobody.close()

    row = confirmation(rows, visit)
    assert (row["state"], row["attempts"]) == ("planned", 0)


def test_a_mail_that_no_server_takes_fails_at_once(visit, dispatcher, mailbox, rows):
    odd = Visit()
    hear(given.client(odd.client_id, email="jörg@example.org"), odd.booked())
    dispatcher.turn()

    assert confirmation(rows, odd)["reason"] == "address_unusable"
    assert confirmation(rows, visit)["state"] == "sent"


def test_an_appointment_cancelled_between_claim_and_hand_over_is_not_confirmed(
    visit, dispatcher, mailbox, rows, monkeypatch
):
    from services.notification.senders.smtp import Mailer

    ready, heard = Mailer.ready, threading.Event()

    def cancel_first(self):
        if not heard.is_set():
            heard.set()
            hear(visit.cancelled())
        ready(self)

    monkeypatch.setattr(Mailer, "ready", cancel_first)
    dispatcher.turn()
    monkeypatch.undo()

    assert confirmation(rows, visit)["state"] == "cancelled"
    assert mailbox.taken == []


def test_two_dispatchers_send_each_message_once(dispatcher, mailbox, at, rows):
    at(WEEK_BEFORE)
    hear(given.clinic())
    visits = [Visit() for _ in range(60)]
    for visit in visits:
        hear(given.client(visit.client_id), visit.booked())
    others = [Dispatcher(Settings(mailbox.url, "clinic@needlepoint.example", 2)) for _ in range(2)]

    def work(one):
        while one.turn():
            pass

    threads = [threading.Thread(target=work, args=(one,)) for one in (dispatcher, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()

    sent = sorted(letter["To"] for letter in mailbox.letters)
    assert sent == sorted(address_of(visit) for visit in visits)


def test_what_a_dead_dispatcher_had_not_begun_is_sent_by_the_next(
    visit, dispatcher, mailbox, at, rows
):
    from services.notification.store import hand_over

    with db.transaction(db.EVERY_CLINIC) as tx:
        assert len(hand_over.claim(tx, uuid.uuid4(), clock.now(), 10)) == 1
    dispatcher.turn()
    assert mailbox.taken == []

    at(WEEK_BEFORE + 2 * MINUTE)
    dispatcher.turn()
    assert confirmation(rows, visit)["state"] == "sent"


def test_kill_9_in_the_middle_of_a_mail_sends_nothing_twice(
    a_dispatcher_process, pool, mailbox, rows, monkeypatch
):
    pool("notification")
    soon = clock.now() + timedelta(days=3)
    visits = [Visit(starts_at=soon) for _ in range(12)]
    hear(given.clinic())
    for each in visits:
        hear(given.client(each.client_id), each.booked(at=clock.now()))
    mailbox.before_answer.clear()
    killed = a_dispatcher_process()
    assert mailbox.reached.wait(90)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    mailbox.before_answer.set()

    later = clock.now() + 2 * MINUTE
    monkeypatch.setattr(clock, "now", lambda: later)
    next_one = Dispatcher(Settings(mailbox.url, "clinic@needlepoint.example", 2))
    while next_one.turn():
        pass
    next_one.close()

    recipients = [letter["To"] for letter in mailbox.letters]
    states = [row["state"] for row in rows() if row["kind"] == "confirmation"]
    assert len(recipients) == len(set(recipients))
    assert 1 <= states.count("unknown") <= 4
    assert states.count("sent") == 12 - states.count("unknown")


def test_the_timer_process_sends_and_stops_politely(
    a_dispatcher_process, pool, mailbox, rows, tmp_path
):
    pool("notification")
    visit = Visit(starts_at=clock.now() + timedelta(days=3))
    hear(given.clinic(), given.client(visit.client_id), visit.booked(at=clock.now()))
    process = a_dispatcher_process()
    assert mailbox.reached.wait(90)
    os.killpg(process.pid, signal.SIGTERM)

    assert process.wait(90) == 0
    assert confirmation(rows, visit)["state"] == "sent"
    logged = (tmp_path / "log").read_text(encoding="utf-8")
    assert "example.org" not in logged
    assert all(json.loads(line) for line in logged.splitlines())


def test_the_message_id_is_the_same_for_every_try(visit, dispatcher, mailbox, rows):
    dispatcher.turn()

    row = confirmation(rows, visit)
    assert mailbox.letters[0]["Message-ID"] == f"<{row['id']}.0@needlepoint.example>"
    assert row["due_at"] < MONDAY_10
