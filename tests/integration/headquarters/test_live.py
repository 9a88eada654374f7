"""What browsers see live: the real process under gunicorn and gevent, while events come."""

import uuid

import pytest

from services.headquarters.store import feed
from shared import clock, db
from tests import people
from tests.integration.headquarters import happenings as given
from tests.integration.headquarters.happenings import hear
from tests.live import Live

HEADQUARTERS = "/live/headquarters"
DESK = f"/live/desk?clinic_id={people.SOHO.id}"


@pytest.fixture(scope="module")
def process(stage, mint):
    started = Live(stage.environment("headquarters"), mint)
    yield started
    started.close()


@pytest.fixture
def live(process, pool):
    pool("headquarters")
    return process


def test_a_committed_alarm_reaches_a_browser(live):
    hear(given.clinic())
    alarm = uuid.uuid4()
    with live.read(people.HANNA) as browser:
        first = browser.next()
        hear(given.alarm(alarm))
        seen = browser.next("alarm")

    assert browser.retry == "2000"
    assert first.event == "snapshot"
    assert [clinic["name"] for clinic in first.data["clinics"]] == ["Soho"]
    assert len(first.data["overview"]["numbers"]) == 7
    assert (seen.data["alarm_id"], seen.data["limit"]) == (str(alarm), 1500)
    assert seen.id > first.id


def test_an_appointment_changes_the_clinics_row_and_the_numbers(live):
    hear(given.clinic())
    with live.read(people.ANA) as browser:
        browser.next("snapshot")
        hear(given.appointment("booked", starts_at=clock.now()))
        row = browser.next("clinic")
        overview = browser.next("overview")

    assert row.data["booked"] == 1
    assert overview.data["numbers"][0]["value"] == 1


def test_a_browser_that_comes_back_gets_what_it_missed_and_no_more(live):
    hear(given.clinic())
    with live.read(people.HANNA) as browser:
        last = browser.next("snapshot").id
    missed = uuid.uuid4()
    hear(given.alarm(missed))

    with live.read(people.HANNA, **{"Last-Event-ID": str(last)}) as browser:
        seen = browser.next()
        while seen.event != "alarm":
            assert seen.event != "snapshot"
            seen = browser.next()

    assert seen.data["alarm_id"] == str(missed)


@pytest.mark.parametrize("last", ["999999999", "nonsense", "-1"])
def test_an_unknown_last_event_begins_with_a_snapshot(live, last):
    hear(given.clinic())
    with live.read(people.HANNA, **{"Last-Event-ID": last}) as browser:
        assert browser.next().event == "snapshot"


def test_what_was_missed_too_long_ago_is_a_snapshot(live):
    hear(given.clinic())
    with live.read(people.HANNA) as browser:
        last = browser.next("snapshot").id
    hear(*(given.appointment("booked") for _ in range(3)))
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run("DELETE FROM headquarters.feed WHERE position <= %(p)s", {"p": last + 3})

    with live.read(people.HANNA, **{"Last-Event-ID": str(last)}) as browser:
        assert browser.next().event == "snapshot"


def test_the_desk_sees_its_own_clinic_and_no_client(live):
    hear(given.clinic(), given.clinic(people.LISBON))
    mine = uuid.uuid4()
    with live.read(people.BOB, DESK) as desk:
        first = desk.next("snapshot")
        hear(
            given.appointment("booked", where=people.LISBON),
            given.alarm(uuid.uuid4(), where=people.LISBON),
        )
        hear(given.appointment("arrived", id_=mine, starts_at=clock.now()))
        seen = desk.next("appointment", "alarm")

    assert first.data["clinic"]["name"] == "Soho"
    assert (seen.event, seen.data["appointment_id"]) == ("appointment", str(mine))
    assert "client" not in str(seen.data)
    assert seen.data["status"] == "arrived"


def test_clinic_staff_may_not_follow_all_clinics(live):
    with live.read(people.ALICE) as refused:
        assert refused.status == 403
        assert refused.problem()["type"].endswith("/not-allowed")


def test_charlie_does_not_find_the_desk_of_soho(live):
    with live.read(people.CHARLIE, DESK) as refused:
        assert refused.status == 404


def test_nobody_looks_on_without_a_token_or_ticket(live):
    with live.read_without_token(HEADQUARTERS) as refused:
        assert refused.status == 401
    with live.read_without_token(f"{HEADQUARTERS}?ticket=made-up") as refused:
        assert refused.status == 401
        assert refused.problem()["type"].endswith("/ticket-refused")


def test_a_ticket_opens_its_stream_once(live):
    status, made = live.post(people.HANNA, "/tickets", {"stream": "headquarters"})
    assert (status, made["expires_in"]) == (201, 60)
    address = f"{HEADQUARTERS}?ticket={made['ticket']}"

    with live.read_without_token(address) as browser:
        assert browser.next().event == "snapshot"
    with live.read_without_token(address) as again:
        assert again.status == 401


def test_a_ticket_for_one_desk_opens_no_other_and_not_headquarters(live):
    wanted = {"stream": "desk", "clinic_id": str(people.SOHO.id)}
    for address in (HEADQUARTERS, f"/live/desk?clinic_id={people.LISBON.id}"):
        _, made = live.post(people.BOB, "/tickets", wanted)
        glue = "&" if "?" in address else "?"
        with live.read_without_token(f"{address}{glue}ticket={made['ticket']}") as refused:
            assert refused.status == 401


def test_tickets_are_given_only_to_those_who_may_look_on(live):
    soho = {"stream": "desk", "clinic_id": str(people.SOHO.id)}
    assert live.post(people.BOB, "/tickets", {"stream": "headquarters"})[0] == 403
    assert live.post(people.HANNA, "/tickets", soho)[0] == 403
    assert live.post(people.CHARLIE, "/tickets", soho)[0] == 404
    assert live.post(people.BOB, "/tickets", {"stream": "desk"})[0] == 422


def test_a_reader_who_does_not_read_stops_nobody_else(live):
    hear(given.clinic())
    stuck = [live.lazy_reader(people.HANNA) for _ in range(3)]
    try:
        with live.read(people.HANNA) as browser:
            browser.next("snapshot")
            for _ in range(20):
                tell_much()
                alarm = uuid.uuid4()
                hear(given.alarm(alarm))
                assert browser.next("alarm").data["alarm_id"] == str(alarm)
    finally:
        for each in stuck:
            each.close()


def tell_much():
    """Put more on the streams than the sockets of a reader who does not read can hold."""
    now = clock.now()
    with db.transaction(db.EVERY_CLINIC) as tx:
        feed.hold(tx)
        for number in range(2):
            told = {"id": f"{now} {number}", "padding": "x" * 250_000}
            feed.append(tx, people.SOHO.id, "attention", now, told)


def test_many_browsers_see_the_same(live):
    hear(given.clinic())
    browsers = [live.read(people.HANNA) for _ in range(30)]
    for browser in browsers:
        browser.next("snapshot")
    alarm = uuid.uuid4()
    hear(given.alarm(alarm))

    seen = [browser.next("alarm").data["alarm_id"] for browser in browsers]
    for browser in browsers:
        browser.close()
    assert seen == [str(alarm)] * 30


def test_quiet_streams_tick_with_an_id_that_can_be_resumed(live):
    hear(given.clinic())
    with live.read(people.HANNA) as browser:
        first = browser.next("snapshot")
        tick = browser.next("tick")

    assert tick.id >= first.id
    with live.read(people.HANNA, **{"Last-Event-ID": str(tick.id)}) as again:
        assert again.next().event == "overview"


def test_a_stopping_process_says_goodbye(stage, mint, pool):
    pool("headquarters")
    hear(given.clinic())
    live = Live(stage.environment("headquarters"), mint)
    with live.read(people.HANNA) as browser:
        browser.next("snapshot")
        live.terminate()
        assert browser.next("end").data == {"reason": "stopping"}
    assert live.process.wait(60) == 0
