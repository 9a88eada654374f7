"""What a worker does with one message, against the real database."""

import contextlib
import json
from datetime import timedelta

import pytest
from psycopg2.errors import DivisionByZero

from shared import clock, db, ids, outbox, trace
from shared.amqp import apply, consumer, retries
from shared.amqp.apply import Outcome
from shared.errors import NotFound, Rejected
from tests import people
from tests.integration.messaging.listener import HANDLERS, note
from tests.messages import NEEDLE_DROPPED, a_message

pytestmark = pytest.mark.usefixtures("listening")
PEN = ids.new()
LATER = timedelta(days=1)


def receive(body, handler=note):
    return consumer.receive("web", {NEEDLE_DROPPED: handler}, body)


def a_needle(number=1, **more):
    return a_message(NEEDLE_DROPPED, {"number": number}, **{"subject": PEN} | more)


def a_blunt_needle(number=1, **more):
    return a_message(NEEDLE_DROPPED, {"number": number, "blunt": True}, **{"subject": PEN} | more)


def noted(admin):
    return admin.column("SELECT number FROM web.noted ORDER BY position")


def make_due(admin):
    admin.all("UPDATE web.retries SET due_at = now() - interval '1 second'")


def try_again(handler=note):
    """Make every try that is due; return what came of them."""
    outcomes = []
    while outcome := apply.again({NEEDLE_DROPPED: handler}, clock.now()):
        outcomes.append(outcome)
    return outcomes


def test_an_event_takes_effect_and_is_remembered(admin):
    assert receive(a_needle(7)) == Outcome.APPLIED
    assert noted(admin) == [7]
    assert admin.count("web.inbox") == 1


def test_a_second_delivery_changes_nothing(admin):
    body = a_needle(7)
    receive(body)
    assert receive(body) == Outcome.DUPLICATE
    assert noted(admin) == [7]


def test_an_event_under_another_name_than_its_own_is_parked(admin):
    bodies = [a_needle(1), a_needle(2, source="/identity"), a_needle(3)]
    keys = ["testing.pen_dropped.v1", NEEDLE_DROPPED, NEEDLE_DROPPED]
    outcomes = apply.together(HANDLERS, bodies, clock.now(), keys)
    assert outcomes == [Outcome.PARKED, Outcome.PARKED, Outcome.APPLIED]
    assert noted(admin) == [3]


def test_two_copies_in_one_batch_take_effect_once(admin):
    body, other = a_needle(1), a_needle(2)
    assert apply.together(HANDLERS, [body, other, body], clock.now()) == [
        Outcome.APPLIED,
        Outcome.APPLIED,
        Outcome.DUPLICATE,
    ]
    assert noted(admin) == [1, 2]


def test_an_older_event_never_follows_a_newer_one_of_its_subject(admin):
    receive(a_needle(2, sequence=20))
    assert receive(a_needle(1, sequence=10)) == Outcome.OBSOLETE
    assert receive(a_needle(3, sequence=1, subject=ids.new())) == Outcome.APPLIED
    assert noted(admin) == [2, 3]


def test_the_older_of_two_in_one_batch_is_dropped_too(admin):
    bodies = [a_needle(2, sequence=20), a_needle(1, sequence=10)]
    assert apply.together(HANDLERS, bodies, clock.now()) == [Outcome.APPLIED, Outcome.OBSOLETE]
    assert noted(admin) == [2]


def test_a_failing_event_is_tried_again_and_the_later_ones_of_its_subject_wait(admin):
    assert receive(a_blunt_needle(1)) == Outcome.RETRIED
    assert receive(a_needle(2)) == Outcome.HELD
    assert receive(a_needle(3, subject=ids.new())) == Outcome.APPLIED
    assert receive(a_needle(4)) == Outcome.HELD
    assert noted(admin) == [3]
    assert try_again() == []  # not due yet

    admin.all(
        "UPDATE web.retries SET body = convert_to(replace(convert_from(body, 'UTF8'),"
        " 'true', 'false'), 'UTF8')"
    )  # somebody sharpens the needle
    make_due(admin)
    assert try_again() == [Outcome.APPLIED] * 3
    assert noted(admin) == [3, 1, 2, 4]
    assert admin.count("web.retries") == 0
    assert receive(a_needle(5)) == Outcome.APPLIED


def test_after_the_last_try_the_event_is_parked_and_its_subject_flows_on(admin):
    receive(a_blunt_needle(1))
    receive(a_needle(2))
    for _ in range(retries.TRIES - 2):
        make_due(admin)
        assert try_again() == [Outcome.RETRIED]
    make_due(admin)
    assert try_again() == [Outcome.PARKED, Outcome.APPLIED]
    assert noted(admin) == [2]
    [parked] = admin.all("SELECT reason, tries, error FROM web.parked")
    assert (parked["reason"], parked["tries"]) == ("exhausted", retries.TRIES)
    assert parked["error"].startswith("NeedleBlunt at listener.py")


def test_eight_tries_take_about_four_hours():
    assert retries.TRIES == 8
    assert 3.5 * 3600 < sum(retries.DELAYS_S) < 4.5 * 3600


def test_a_try_that_ends_its_process_is_counted(admin):
    receive(a_blunt_needle(1))
    make_due(admin)
    with db.transaction(db.EVERY_CLINIC) as tx:
        assert retries.claim(tx, clock.now()).tries == 2
    assert try_again() == []  # the claim holds it back, whoever made it
    with db.transaction(db.EVERY_CLINIC) as tx:
        assert retries.claim(tx, clock.now() + LATER).tries == 3


def test_a_try_that_another_worker_has_taken_over_has_no_effect(admin):
    receive(a_blunt_needle(1))
    make_due(admin)
    with db.transaction(db.EVERY_CLINIC) as tx:
        slow = retries.claim(tx, clock.now())
        retries.claim(tx, clock.now() + LATER)
    with db.transaction(db.EVERY_CLINIC) as tx:
        assert not retries.finish(tx, slow)
    assert admin.count("web.retries") == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xff\x00", "The message is not JSON."),
        (b"[" * 100_000, "The message is not JSON."),
        (b"{}", "The message is not a CloudEvent 1.0."),
        (a_message("testing.needle_dropped.v9", {}), "Nobody here knows this event type"),
        (
            a_message(NEEDLE_DROPPED, {"note": "secret"}),
            "does not fit testing.needle_dropped.v1: n",
        ),
        (a_message(NEEDLE_DROPPED, [1]), "does not fit testing.needle_dropped.v1"),
        (a_message(NEEDLE_DROPPED, {"number": 1}, id=None), "id is missing"),
        (a_message(NEEDLE_DROPPED, {"number": 1}, id="7"), "not a CloudEvent of ours"),
        (a_message(NEEDLE_DROPPED, {"number": 1}, sequence=0), "not a CloudEvent of ours"),
        (a_message(NEEDLE_DROPPED, {"number": 1}, sequence=2**63), "not a CloudEvent of ours"),
        (a_message(NEEDLE_DROPPED, {"number": 1}, sequence=1.5), "not a CloudEvent of ours"),
        (a_message(NEEDLE_DROPPED, {"number": 1}, sequence=True), "not a CloudEvent of ours"),
        (a_message(NEEDLE_DROPPED, {"number": 1}, source="/\udc00"), "not a CloudEvent of ours"),
        (a_message(NEEDLE_DROPPED, {"number": 1}, source=7), "not a CloudEvent of ours"),
        (a_message(NEEDLE_DROPPED, {"number": 1}, clinicid="Soho"), "not a CloudEvent of ours"),
        (a_message(NEEDLE_DROPPED, {"number": 1}, time="2030-01-07T10:00"), "not a CloudEvent"),
        (a_message(NEEDLE_DROPPED, {"number": 1}, time="2020-01-07T10:00Z"), "Older than 30 days"),
    ],
)
def test_poison_is_parked_at_once_with_its_reason_and_without_its_values(admin, body, said):
    assert receive(body) == Outcome.PARKED
    [parked] = admin.all("SELECT reason, error, body FROM web.parked")
    assert parked["reason"] == "poison"
    assert said in parked["error"]
    assert "secret" not in parked["error"]
    assert bytes(parked["body"]) == body


def test_poison_that_comes_twice_is_parked_once(admin):
    body = a_message(NEEDLE_DROPPED, {})
    assert [receive(body), receive(body)] == [Outcome.PARKED, Outcome.DUPLICATE]
    assert admin.count("web.parked") == 1


def test_poison_does_not_keep_its_batch_from_taking_effect(admin):
    outcomes = apply.together(HANDLERS, [a_needle(1), b"?", a_needle(2)], clock.now())
    assert outcomes == [Outcome.APPLIED, Outcome.PARKED, Outcome.APPLIED]
    assert noted(admin) == [1, 2]


def test_fields_that_a_newer_announcer_added_are_ignored(admin):
    assert receive(a_message(NEEDLE_DROPPED, {"number": 3, "colour": "gold"})) == Outcome.APPLIED


def test_a_traceparent_that_is_none_is_ignored():
    assert receive(a_needle(traceparent="00-\udc00")) == Outcome.APPLIED
    assert receive(a_needle(traceparent=7)) == Outcome.APPLIED


class NeedleForbidden(Rejected):
    """Needles may not be dropped here."""


class PenUnknown(NotFound):
    """The pen has not been announced yet."""


def test_a_rule_that_says_no_parks_the_event_with_its_sentence(admin):
    def refuse(_tx, _event):
        raise NeedleForbidden("Needles may not be dropped in this clinic.")

    assert receive(a_needle(), refuse) == Outcome.PARKED
    [parked] = admin.all("SELECT reason, error FROM web.parked")
    assert parked["reason"] == "refused"
    assert parked["error"] == "NeedleForbidden: Needles may not be dropped in this clinic."


def test_what_is_not_known_yet_may_still_arrive_so_it_is_tried_again(admin):
    def miss(_tx, _event):
        raise PenUnknown("The pen is not known.")

    assert receive(a_needle(5), miss) == Outcome.RETRIED
    make_due(admin)
    assert try_again() == [Outcome.APPLIED]
    assert noted(admin) == [5]


def test_a_failed_event_leaves_nothing_behind_but_its_next_try(admin):
    def half(tx, event):
        note(tx, event)
        tx.execute("SELECT 1/0")

    assert receive(a_needle(), half) == Outcome.RETRIED
    assert noted(admin) == []
    assert "DivisionByZero 22012" in admin.column("SELECT last_error FROM web.retries")[0]


def test_a_handler_that_swallows_an_error_of_the_database_has_not_succeeded(admin):
    def swallow(tx, _event):
        with contextlib.suppress(DivisionByZero):
            tx.execute("SELECT 1/0")

    assert receive(a_needle(), swallow) == Outcome.RETRIED
    assert admin.count("web.retries") == 1


def test_one_failing_event_of_a_batch_undoes_the_batch(admin):
    with pytest.raises(RuntimeError):
        apply.together(HANDLERS, [a_needle(1), a_blunt_needle(2)], clock.now())
    assert noted(admin) == []
    assert admin.count("web.inbox") == 0


def test_a_handler_sees_the_clinic_of_its_event_and_no_other():
    scopes = []

    def look(tx, _event):
        scopes.append(tx.one("SELECT current_setting('needlepoint.clinics') AS c")["c"])

    soho, lisbon = people.SOHO.id, people.LISBON.id
    bodies = [a_needle(clinic_id=soho), a_needle(clinic_id=lisbon), a_needle(), a_needle()]
    apply.together({NEEDLE_DROPPED: look}, bodies, clock.now())
    assert scopes == [str(soho), str(lisbon), "*", "*"]


def test_parked_and_waiting_events_are_hidden_from_other_clinics(admin):
    receive(a_blunt_needle(clinic_id=people.SOHO.id))
    with db.transaction(db.Scope.of([people.LISBON.id])) as tx:
        assert tx.all("SELECT * FROM retries") == []
    with db.transaction(db.Scope.of([people.SOHO.id])) as tx:
        assert len(tx.all("SELECT * FROM retries")) == 1


def test_what_a_handler_announces_carries_the_trace_of_what_it_heard(admin):
    def announce(tx, event):
        outbox.emit(tx, NEEDLE_DROPPED, subject=event.subject, data={"number": 2}, clinic_id=None)

    heard = f"00-{'ab' * 16}-{'cd' * 8}-01"
    receive(a_needle(traceparent=heard), announce)
    [told] = admin.column("SELECT traceparent FROM web.outbox")
    assert told.split("-")[1] == "ab" * 16
    assert told != heard
    assert trace.current() is None


def test_what_the_broker_gave_up_is_parked_unless_it_was_applied(admin):
    body = a_needle(1)
    receive(body)
    assert apply.bury(HANDLERS, body, clock.now()) == Outcome.DUPLICATE
    assert apply.bury(HANDLERS, a_needle(2), clock.now()) == Outcome.PARKED
    assert apply.bury(HANDLERS, b"?", clock.now()) == Outcome.PARKED
    assert admin.column("SELECT DISTINCT reason FROM web.parked") == ["dead_lettered"]


def test_a_message_is_a_cloud_event_for_others_too():
    from cloudevents.core.formats.json import JSONFormat
    from cloudevents.core.v1.event import CloudEvent

    from shared.amqp import wire

    row = wire.Announcement(
        position=1,
        id=str(ids.new()),
        type=NEEDLE_DROPPED,
        subject=str(PEN),
        clinic_id=str(people.SOHO.id),
        sequence=4,
        time="2030-01-07T10:00:00.000000Z",
        data='{"number": 1}',
        traceparent=f"00-{'ab' * 16}-{'cd' * 8}-01",
    )
    read = JSONFormat().read(CloudEvent, wire.body(row))
    assert read.get_type() == NEEDLE_DROPPED
    assert read.get_source() == "/testing"
    assert read.get_data() == {"number": 1}
    assert read.get_extension("sequence") == 4
    assert json.loads(wire.body(row))["clinicid"] == str(people.SOHO.id)
