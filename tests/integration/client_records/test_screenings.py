"""Screenings answer with an outcome, a date and reasons, and are all kept."""

from datetime import datetime, timedelta

import pytest

from services.client_records.domain.questions import clear_answers
from shared import clock, ids
from tests import people
from tests.integration.client_records.conftest import TREATMENT, problem


def used(**ago):
    return {"used": True, "last": (clock.now() - timedelta(**ago)).isoformat()}


def by_rule(screening):
    return {each["rule"]: each for each in screening["findings"]}


def test_the_questions_come_with_answers_that_are_clear(soho):
    asked = soho.get("/v1/screening-questions", people.BOB).json
    client_id = soho.a_client()
    answers = {each["id"]: each["clear_answer"] for each in asked["items"] if not each["only_if"]}
    body = {"treatment_id": str(TREATMENT), "answers": answers}

    screening = soho.post(f"/v1/clients/{client_id}/screenings", body, people.BOB).json

    assert (screening["outcome"], screening["findings"]) == ("clear", [])
    assert screening["rules_version"] == asked["version"]


def test_the_outcome_is_announced_without_the_answers(soho):
    client_id = soho.a_client()
    screening = soho.answers(client_id, isotretinoin_now=True)

    assert screening["outcome"] == "refuse"
    (told,) = soho.announced("client_records.screening_decided.v1")
    assert told["screening_id"] == screening["id"]
    assert told["outcome"] == "refuse"
    assert told["rules"] == ["PREP-08a"]
    assert set(told) == {
        "screening_id",
        "client_id",
        "clinic_id",
        "appointment_id",
        "treatment_id",
        "outcome",
        "not_before",
        "rules",
        "decided_at",
    }


def test_a_wash_out_defers_until_the_minute_it_ends(soho):
    client_id = soho.a_client()
    screening = soho.answers(client_id, topical_retinoid=used(hours=20))

    assert screening["outcome"] == "defer"
    not_before = datetime.fromisoformat(screening["not_before"])
    assert timedelta(hours=3, minutes=59) < not_before - clock.now() <= timedelta(hours=4)


def test_the_rules_look_at_the_appointments_start(soho):
    client_id = soho.a_client()
    later = clock.now() + timedelta(days=10)
    appointment_id = soho.books(client_id, starts_at=later.isoformat())

    screening = soho.answers(client_id, appointment_id, topical_retinoid=used(hours=1))

    assert screening["outcome"] == "clear"


def test_a_moved_appointment_is_decided_again_on_the_same_answers(soho):
    client_id = soho.a_client()
    later = clock.now() + timedelta(days=10)
    appointment_id = soho.books(client_id, starts_at=later.isoformat())
    soho.answers(client_id, appointment_id, topical_retinoid=used(hours=1))

    soho.books(client_id, "moved", appointment_id=appointment_id, version=2)

    kept = soho.get(f"/v1/clients/{client_id}/screenings").json["items"]
    assert [(each["cause"], each["outcome"]) for each in kept] == [
        ("moved", "defer"),
        ("answered", "clear"),
    ]
    told = soho.announced("client_records.screening_decided.v1")
    assert [each["outcome"] for each in told] == ["clear", "defer"]


def test_answers_given_before_booking_serve_for_the_booking(soho):
    client_id = soho.a_client()
    soho.answers(client_id, keloid=True)

    appointment_id = soho.books(client_id)

    told = soho.announced("client_records.screening_decided.v1")[-1]
    assert (told["appointment_id"], told["outcome"]) == (appointment_id, "refuse")


def test_an_older_version_of_an_appointment_changes_nothing(soho):
    client_id = soho.a_client()
    appointment_id = soho.books(client_id, "arrived", version=5)
    soho.books(client_id, "moved", appointment_id=appointment_id, version=4)
    soho.answers(client_id, appointment_id)
    soho.signs(client_id, appointment_id)

    assert soho.starts(appointment_id).status_code == 201


def test_what_was_lifted_stays_lifted_when_the_appointment_moves(soho):
    client_id = soho.a_client()
    appointment_id = soho.books(client_id)
    screening = soho.answers(client_id, appointment_id, eczema_history=True)
    lift = {"rule": "SCR-17", "reason": "as a child only"}
    soho.post(f"/v1/screenings/{screening['id']}/overrides", lift)

    soho.books(client_id, "moved", appointment_id=appointment_id, version=2)

    assert soho.announced("client_records.screening_decided.v1")[-1]["outcome"] == "clear"


def test_a_missing_answer_blocks_and_says_which(soho):
    client_id = soho.a_client()
    answers = {name: value for name, value in clear_answers().items() if name != "keloid"}
    body = {"treatment_id": str(TREATMENT), "answers": answers}

    screening = soho.post(f"/v1/clients/{client_id}/screenings", body, people.BOB).json

    assert screening["outcome"] == "refuse"
    (finding,) = screening["findings"]
    assert (finding["rule"], finding["override"]) == ("UNANSWERED", "none")
    assert "keloid" in finding["reason"]


@pytest.mark.parametrize(
    ("answers", "refusal"),
    [
        ({"keloid": "yes"}, "answer-unreadable"),
        ({"topical_retinoid": {"used": True, "last": "yesterday"}}, "answer-unreadable"),
        ({"topical_retinoid": {"used": True, "last": "2030-01-07T10:00:00"}}, "answer-unreadable"),
        ({"diabetes": "perhaps"}, "answer-unreadable"),
        ({"tattooed_zones": [99]}, "answer-unreadable"),
        ({"shoe_size": 424242}, "question-unknown"),
    ],
)
def test_answers_of_the_wrong_shape_are_refused_without_repeating_them(soho, answers, refusal):
    client_id = soho.a_client()
    body = {"treatment_id": str(TREATMENT), "answers": clear_answers() | answers}

    answer = soho.post(f"/v1/clients/{client_id}/screenings", body, people.BOB)

    assert problem(answer) == (422, refusal)
    assert str(next(iter(answers.values()))) not in answer.json["detail"]


def test_only_what_may_be_lifted_is(soho):
    client_id = soho.a_client()
    screening = soho.answers(client_id, keloid=True, blood_thinner_now=True, makeup=True)
    path = f"/v1/screenings/{screening['id']}/overrides"

    for rule in ("SCR-08", "PREP-11", "PREP-35", "SCR-99"):
        assert problem(soho.post(path, {"rule": rule, "reason": "because"})) == (
            422,
            "override-refused",
        )
    with_letter = {"rule": "PREP-11", "reason": "see letter", "letter_id": str(ids.new())}
    answer = soho.post(path, with_letter)
    assert by_rule(answer.json)["PREP-11"]["lifted"] is True
    assert answer.json["outcome"] == "refuse"
    assert soho.post(path, with_letter, people.BOB).status_code == 403


def test_an_appointment_of_somebody_else_is_refused(soho):
    mine, theirs = soho.a_client(), soho.a_client()
    appointment_id = soho.books(theirs)
    body = {
        "treatment_id": str(TREATMENT),
        "appointment_id": appointment_id,
        "answers": clear_answers(),
    }

    answer = soho.post(f"/v1/clients/{mine}/screenings", body, people.BOB)

    assert problem(answer) == (422, "treatment-differs")


def test_a_consent_in_an_old_wording_is_not_signed(soho):
    client_id = soho.a_client()
    appointment_id = soho.books(client_id)

    assert problem(soho.signs(client_id, appointment_id, template_version="needling-1")) == (
        422,
        "template-outdated",
    )
    assert problem(soho.signs(client_id, appointment_id, template_version="none")) == (
        422,
        "template-unknown",
    )
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    assert problem(soho.signs(client_id, appointment_id, signed_at=tomorrow)) == (
        422,
        "signed-in-future",
    )


@pytest.mark.parametrize(
    "given",
    [
        {"topical_retinoid": {"used": True, "last": "2200-12-31"}},
        {"isotretinoin_past": {"used": True, "last": "2101-01-01T00:00:00Z"}},
        {"chemotherapy": {"had": True, "starts": None, "ends": "2200-12-31"}},
    ],
)
def test_a_date_centuries_away_is_asked_again(soho, given):
    body = {"treatment_id": str(TREATMENT), "answers": clear_answers() | given}
    answer = soho.post(f"/v1/clients/{soho.a_client()}/screenings", body, people.BOB)

    assert problem(answer) == (422, "answer-unreadable")


def test_a_consent_is_kept_with_the_hash_of_what_was_signed(soho):
    client_id = soho.a_client()
    appointment_id = soho.books(client_id)
    signed = soho.signs(client_id, appointment_id).json

    (kept,) = soho.get(f"/v1/clients/{client_id}/consents").json["items"]
    (told,) = soho.announced("client_records.consent_signed.v1")
    templates = soho.get("/v1/consent-templates", people.BOB).json["items"]

    assert kept["document_sha256"] == signed["document_sha256"] == told["document_sha256"]
    assert templates[-1]["text"][:40] in kept["document"]
    assert "signature" not in signed


def test_signs_start_clocks(soho):
    client_id, appointment_id = soho.a_guest()
    session_id = soho.starts(appointment_id).json["id"]
    report = {"session_id": session_id, "signs": ["AE-01", "TRI-03"], "note": "yellow crust"}

    answer = soho.post(f"/v1/clients/{client_id}/adverse-events", report, people.BOB)

    assert answer.status_code == 201
    assert (answer.json["severity"], answer.json["incident"]) == ("urgent", True)
    (told,) = soho.announced("client_records.adverse_event_reported.v1")
    assert told["cartridge_lot"] == "L-77"
    assert told["severity"] == "urgent"
    assert "crust" not in str(told)
    (kept,) = soho.get(f"/v1/clients/{client_id}/adverse-events").json["items"]
    assert kept["note"] == "yellow crust"


def test_a_sign_in_no_table_is_refused(soho):
    client_id = soho.a_client()
    path = f"/v1/clients/{client_id}/adverse-events"

    assert problem(soho.post(path, {"signs": ["TRI-99"]})) == (422, "sign-unknown")
    late = (clock.now() + timedelta(days=1)).isoformat()
    assert problem(soho.post(path, {"signs": ["AE-01"], "onset_at": late})) == (422, "onset-wrong")
    assert problem(soho.post(path, {"signs": ["AE-01"], "session_id": str(ids.new())})) == (
        404,
        "session-unknown",
    )
