"""Names and addresses, consents, side effects, and the chain of the access log."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.client_records.domain import accesses, adverse_events, clients, consents
from services.client_records.domain.accesses import Entry
from services.client_records.domain.adverse_events import Class, SignUnknown, triage
from services.client_records.domain.answers import (
    AnswerUnreadable,
    Period,
    QuestionUnknown,
    read,
)
from services.client_records.domain.clients import ClientExists, Identity
from services.client_records.domain.consents import ConsentMissing, Signed, Signing
from services.client_records.domain.questions import BY_ID, QUESTIONS, clear_answers

NOW = datetime(2030, 1, 7, 10, tzinfo=UTC)
ANA = Identity("Ana", "da Silva", date(1990, 3, 1), "ana@example.com", "+351911111111")
ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))


@pytest.mark.parametrize("wanted", ["ana", "SILVA", "silva ana", "Ána", "  da   sil ", "a"])
def test_beginnings_of_a_name_find_it(wanted):
    assert clients.name_matches(ANA, wanted)


@pytest.mark.parametrize("wanted", ["ilva", "anna", "ana costa"])
def test_other_names_do_not(wanted):
    assert not clients.name_matches(ANA, wanted)


def test_addresses_are_compared_without_their_spelling():
    assert clients.normalised_email(" Ana@Example.COM ") == "ana@example.com"
    assert clients.normalised_phone("+351 911-111 111") == "+351911111111"


def test_the_same_address_and_birthday_are_the_same_person():
    with pytest.raises(ClientExists) as refused:
        clients.require_new(ANA, {ONE: replace(ANA, given_name="Anna")})
    assert refused.value.members == {"client_id": str(ONE)}
    assert clients.require_new(ANA, {ONE: replace(ANA, birth_date=date(1960, 1, 1))}) == (ONE,)
    assert clients.require_new(ANA, {}) == ()


# consents

SIGNING = Signing("needling-2", ONE, TWO, THREE, "Acne scars", NOW)


def test_a_documents_hash_changes_with_every_fact():
    template = consents.TEMPLATES[-1]
    hashes = {
        consents.hash_of(consents.document(template, signing))
        for signing in (
            SIGNING,
            replace(SIGNING, client_id=TWO),
            replace(SIGNING, treatment_name="Texture"),
            replace(SIGNING, signed_at=NOW + timedelta(seconds=1)),
        )
    }
    hashes.add(consents.hash_of(consents.document(consents.TEMPLATES[0], SIGNING)))
    assert len(hashes) == 5


def test_one_version_is_current():
    assert [template.version for template in consents.TEMPLATES if template.current] == [
        "needling-2"
    ]


@pytest.mark.parametrize(
    ("signed", "why"),
    [
        ([], "not signed yet"),
        ([Signed(ONE, "needling-2", TWO, "")], "another procedure"),
        ([Signed(ONE, "needling-1", THREE, "")], "older version"),
    ],
)
def test_a_consent_that_does_not_cover_the_treatment_says_why(signed, why):
    with pytest.raises(ConsentMissing, match=why):
        consents.require_valid(signed, THREE)


def test_the_latest_valid_consent_counts():
    signed = [Signed(ONE, "needling-2", THREE, "a"), Signed(TWO, "needling-2", THREE, "b")]
    assert consents.require_valid(signed, THREE).id == TWO


def test_a_tablets_clock_may_be_five_minutes_fast():
    assert consents.require_signable("needling-2", NOW + timedelta(minutes=5), NOW).current
    with pytest.raises(consents.SignedInFuture):
        consents.require_signable("needling-2", NOW + timedelta(minutes=6), NOW)


# side effects


def test_every_row_of_the_sign_tables_is_there():
    assert set(adverse_events.BY_ID) == {f"AE-{n:02}" for n in range(1, 9)} | {
        f"TRI-{n:02}" for n in range(1, 18)
    }
    incidents = {sign.id for sign in adverse_events.SIGNS if sign.incident}
    assert incidents == {f"TRI-{n:02}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17)}


def test_redness_is_expected_for_a_week_and_then_watched():
    assert triage(["AE-01"], NOW - timedelta(days=7), NOW).klass is Class.EXPECTED
    late = triage(["AE-01"], NOW - timedelta(days=7, seconds=1), NOW)
    assert (late.klass, late.signs) == (Class.WATCH, ("AE-01", "TRI-01"))
    assert late.reply_due_at == NOW + timedelta(hours=24)


def test_without_a_known_treatment_nothing_is_still_expected():
    assert triage(["AE-01"], None, NOW).klass is Class.WATCH


def test_the_worst_sign_and_the_shortest_clocks_count():
    both = triage(["TRI-03", "TRI-10", "AE-01"], NOW, NOW)
    assert both.klass is Class.URGENT
    assert both.reply_due_at == NOW + timedelta(hours=1)
    assert both.incident


def test_an_emergency_is_now():
    now = triage(["TRI-07"], NOW, NOW)
    assert (now.klass, now.reply_due_at, now.seen_due_at) == (Class.EMERGENCY, NOW, NOW)


def test_a_sign_in_no_table_is_refused():
    with pytest.raises(SignUnknown):
        triage(["TRI-18"], NOW, NOW)


@given(
    st.sets(st.sampled_from(sorted(adverse_events.BY_ID)), min_size=1),
    st.sampled_from(sorted(adverse_events.BY_ID)),
)
def test_one_more_sign_never_makes_it_less_urgent(signs, one_more):
    fewer, more = triage(signs, NOW, NOW), triage(signs | {one_more}, NOW, NOW)
    assert more.klass.weight >= fewer.klass.weight
    assert more.reply_due_at <= fewer.reply_due_at
    assert more.seen_due_at <= fewer.seen_due_at


# the chain


def a_chain(length):
    entries, previous = [], accesses.FIRST
    for position in range(1, length + 1):
        entry = Entry(ONE, position, NOW, TWO, "client.read", "record", (THREE,), previous, b"")
        entry = replace(entry, hash=accesses.hash_of(entry))
        entries.append(entry)
        previous = entry.hash
    return entries


def test_an_untouched_chain_is_whole():
    assert accesses.first_broken(a_chain(5)) is None
    assert accesses.first_broken([]) is None


@given(
    st.integers(1, 6),
    st.sampled_from(
        [
            {"actor_id": THREE},
            {"purpose": "nothing"},
            {"at": NOW + timedelta(microseconds=1)},
            {"client_ids": (ONE,)},
            {"hash": bytes(32)},
            {"previous": bytes(31) + b"x"},
        ]
    ),
)
def test_a_changed_entry_breaks_the_chain_there(position, change):
    chain = a_chain(6)
    chain[position - 1] = replace(chain[position - 1], **change)
    assert accesses.first_broken(chain) == position


@given(st.integers(1, 5))
def test_a_removed_entry_breaks_the_chain_there(position):
    chain = a_chain(6)
    del chain[position - 1]
    assert accesses.first_broken(chain) == position


# answers

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(BY_ID)), ANYTHING)
def test_whatever_is_answered_is_read_or_refused(question, answer):
    with suppress(AnswerUnreadable):
        read(clear_answers() | {question: answer}, None)


@given(st.text())
def test_a_question_that_nobody_asked_is_refused(name):
    if name not in BY_ID:
        with pytest.raises(QuestionUnknown):
            read({name: True}, None)


def test_answers_to_questions_that_do_not_arise_are_left_out():
    known = read(clear_answers() | {"rosacea_last_flare": {"used": True, "last": None}}, None)
    assert "rosacea_last_flare" not in known


def test_a_period_does_not_end_before_it_begins():
    backwards = {"had": True, "starts": "2030-01-07", "ends": "2030-01-01"}
    with pytest.raises(AnswerUnreadable):
        read({"chemotherapy": backwards}, None)
    assert read({"chemotherapy": {"had": True}}, None)["chemotherapy"] == Period(had=True)


def test_every_clear_answer_can_be_read():
    for question in QUESTIONS:
        assert (
            question.id
            in read(
                clear_answers()
                | {
                    "cold_sores_history": True,
                    "cold_sores_decision": "prescribed",
                    "rosacea": "stable",
                }
                | {question.id: question.clear_answer},
                None,
            )
            or question.only_if
        )
