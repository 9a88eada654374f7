"""What the clinical tables say, on paper.  The cases are worked by hand from the tables."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.client_records.domain import answers as reading
from services.client_records.domain.findings import Outcome
from services.client_records.domain.questions import BY_ID, QUESTIONS
from services.client_records.domain.rules import Override, Severity
from services.client_records.domain.screenings import (
    TABLE,
    OverrideRefused,
    require_liftable,
)
from tests.unit.client_records.asked import START, decided, last, only


def test_every_row_of_the_tables_is_there():
    ids = {rule.id for rule in TABLE}
    lettered = {"PREP-08", "PREP-15", "PREP-22", "PREP-23"}
    plain = {rule.rstrip("ab") for rule in ids}
    assert plain == {f"PREP-{n:02}" for n in range(1, 37)} | {f"SCR-{n:02}" for n in range(1, 37)}
    assert {f"{rule}{letter}" for rule in lettered for letter in "ab"} <= ids


def test_every_row_has_a_source_and_asks_a_question_that_exists():
    for rule in TABLE:
        assert rule.sources, rule.id
        asks = [getattr(rule, "question", None), *getattr(rule, "questions", ())]
        assert {each for each in asks if each} <= set(BY_ID)


def test_every_question_serves_a_rule():
    asks = {getattr(rule, "question", None) for rule in TABLE}
    asks |= {each for rule in TABLE for each in getattr(rule, "questions", ())}
    assert {question.id for question in QUESTIONS} <= asks


def test_nothing_found_is_clear():
    assert decided().outcome is Outcome.CLEAR
    assert decided().findings == ()


# PREP-08: isotretinoin


def test_isotretinoin_now_is_refused_and_only_a_letter_helps():
    decision = decided(isotretinoin_now=True)
    assert (decision.outcome, decision.not_before) == (Outcome.REFUSE, None)
    assert (only(decision).rule, only(decision).override) == ("PREP-08a", Override.LETTER)


def test_isotretinoin_exactly_183_days_ago_passes_the_block_and_warns():  # T1
    decision = decided(isotretinoin_past=last(days=183))
    assert decision.outcome is Outcome.REVIEW
    assert only(decision).severity is Severity.WARN


def test_isotretinoin_a_minute_short_of_183_days_defers_to_that_minute():
    decision = decided(isotretinoin_past=last(days=183, minutes=-1))
    assert decision.outcome is Outcome.DEFER
    assert decision.not_before == START + timedelta(minutes=1)


def test_isotretinoin_a_year_ago_is_no_finding():
    assert decided(isotretinoin_past=last(days=365)).findings == ()


def test_an_unknown_date_violates_and_promises_no_date():
    decision = decided(isotretinoin_past={"used": True, "last": None})
    assert (decision.outcome, decision.not_before) == (Outcome.REFUSE, None)
    assert only(decision).severity is Severity.BLOCK


# PREP-01 and the meaning of dates


def test_a_retinoid_exactly_24_hours_ago_passes_the_block():
    assert decided(topical_retinoid=last(hours=24)).outcome is Outcome.REVIEW


def test_a_retinoid_23_hours_ago_defers():
    decision = decided(topical_retinoid=last(hours=23))
    assert (decision.outcome, decision.not_before) == (Outcome.DEFER, START + timedelta(hours=1))


def test_a_date_without_a_time_means_the_end_of_that_day_at_the_clinic():
    decision = decided(topical_retinoid={"used": True, "last": "2030-01-06"})
    assert decision.not_before == datetime(2030, 1, 8, 0, 0, tzinfo=UTC)


def test_a_day_ends_where_it_ends_last_while_the_clinic_is_not_known():
    known = reading.read({"aspirin": {"used": True, "last": "2030-01-06"}}, None)
    assert known["aspirin"].at == datetime(2030, 1, 7, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "ends"),
    [
        ("Europe/London", "2030-03-31", datetime(2030, 3, 31, 23, 0, tzinfo=UTC)),
        ("Europe/London", "2030-10-27", datetime(2030, 10, 28, 0, 0, tzinfo=UTC)),
        ("Pacific/Kiritimati", "2030-01-01", datetime(2030, 1, 1, 10, 0, tzinfo=UTC)),
        ("Pacific/Pago_Pago", "2030-01-01", datetime(2030, 1, 2, 11, 0, tzinfo=UTC)),
    ],
)
def test_days_end_by_the_clinics_clock_through_clock_changes(zone, day, ends):
    assert reading.end_of(date.fromisoformat(day), ZoneInfo(zone)) == ends


# medicines, infections, conditions


def test_a_blood_thinner_waits_for_the_prescribers_letter_and_nobody_is_told_to_stop():
    decision = decided(blood_thinner_now=True)
    assert decision.outcome is Outcome.REFUSE
    assert only(decision).override is Override.LETTER
    assert "prescriber" in only(decision).reason


@pytest.mark.parametrize("rule", [rule for rule in TABLE if rule.prescribed], ids=lambda r: r.id)
def test_no_sentence_on_a_prescribed_medicine_says_stop(rule):
    question = getattr(rule, "question", None) or rule.questions[0]
    violating = {
        "yes_no": True,
        "last_use": {"used": True, "last": None},
        "period": {"had": True},
    }[BY_ID[question].kind]
    reasons = [
        finding.reason
        for finding in decided(**{question: violating}).findings
        if finding.rule == rule.id
    ]
    assert reasons
    for reason in reasons:
        assert "prescriber" in reason
        assert not {"stop", "pause", "discontinue"} & set(reason.lower().split())


@pytest.mark.parametrize(
    ("question", "rule"),
    [
        ("skin_infection", "SCR-01"),
        ("cold_sore_now", "SCR-02"),
        ("open_wound", "SCR-05"),
        ("skin_cancer", "SCR-06"),
        ("keloid", "SCR-08"),
        ("pregnant_or_breastfeeding", "SCR-10"),
        ("clotting_disorder", "SCR-11"),
        ("rash_now", "SCR-16"),
        ("metal_allergy", "SCR-20"),
        ("feeling_ill", "SCR-27"),
        ("intoxicated", "PREP-15b"),
        ("sunburn_now", "PREP-17"),
    ],
)
@pytest.mark.parametrize("answer", [True, None])
def test_absolute_contraindications_refuse_and_nobody_lifts_them(question, rule, answer):
    decision = decided(**{question: answer})
    assert decision.outcome is Outcome.REFUSE
    assert (only(decision).rule, only(decision).override) == (rule, Override.NONE)


def test_pregnancy_blocks_on_the_device_whose_own_label_would_allow_it():  # T5
    decision = decided(at={"device": "Dermapen 4"}, pregnant_or_breastfeeding=True)
    assert decision.outcome is Outcome.REFUSE


def test_active_acne_is_lifted_by_a_clinician():
    assert decided(active_acne=True).outcome is Outcome.REFUSE
    lifted = decided(lifted={"SCR-04": Severity.BLOCK}, active_acne=True)
    assert lifted.outcome is Outcome.CLEAR


def test_diabetes_under_control_is_a_warning_and_out_of_control_a_block():
    assert decided(diabetes="controlled").outcome is Outcome.REVIEW
    assert decided(diabetes="unregulated").outcome is Outcome.REFUSE


def test_rosacea_in_a_flare_refuses():
    assert decided(rosacea="flare").outcome is Outcome.REFUSE


def test_stable_rosacea_is_reviewed_and_capped_at_half_a_millimetre():
    decision = decided(rosacea="stable", rosacea_last_flare=last(days=28))
    assert decision.outcome is Outcome.REVIEW
    assert only(decision).effects.depth_cap_um == 500


def test_rosacea_that_flared_27_days_ago_waits_for_the_28th():
    decision = decided(rosacea="stable", rosacea_last_flare=last(days=27))
    assert (decision.outcome, decision.not_before) == (Outcome.DEFER, START + timedelta(days=1))


def test_who_never_flared_since_is_stable():
    decision = decided(rosacea="stable", rosacea_last_flare={"used": False})
    assert decision.outcome is Outcome.REVIEW


# PREP-34: cold sores


def test_a_history_of_cold_sores_waits_for_the_prescribers_decision():
    decision = decided(cold_sores_history=True, cold_sores_decision="undecided")
    assert decision.outcome is Outcome.REFUSE
    blocks = [each for each in decision.findings if each.severity is Severity.BLOCK]
    assert [(each.rule, each.override) for each in blocks] == [("PREP-34", Override.CLINICIAN)]


def test_a_decision_against_protection_is_a_decision():
    decision = decided(cold_sores_history=True, cold_sores_decision="not_needed")
    assert decision.outcome is Outcome.CLEAR


@pytest.mark.parametrize(
    ("started", "outcome"),
    [
        (last(hours=48), Outcome.CLEAR),
        (last(hours=47), Outcome.REVIEW),
        ({"used": False}, Outcome.REVIEW),
    ],
)
def test_protection_should_begin_two_days_before(started, outcome):
    decision = decided(
        cold_sores_history=True, cold_sores_decision="prescribed", cold_sores_started=started
    )
    assert decision.outcome is outcome


def test_the_decision_is_asked_for_when_there_is_a_history():
    decision = decided(cold_sores_history=True)
    assert decision.outcome is Outcome.REFUSE
    assert "UNANSWERED" in {each.rule for each in decision.findings}


# fillers, injections, sun, cancer therapy


def test_a_filler_14_days_ago_passes_and_on_exceed_it_waits_six_months():
    assert decided(dermal_filler=last(days=14)).outcome is Outcome.REVIEW
    on_exceed = decided(at={"device": "amiea Exceed"}, dermal_filler=last(days=14))
    assert on_exceed.outcome is Outcome.DEFER
    assert on_exceed.not_before == START + timedelta(days=169)


def test_aspirin_is_a_warning_and_on_exceed_a_block():
    assert decided(aspirin=last(days=3)).outcome is Outcome.REVIEW
    assert decided(at={"device": "exceed"}, aspirin=last(days=3)).outcome is Outcome.DEFER


@pytest.mark.parametrize(
    ("on", "outcome"),
    [
        ("2030-01-07", Outcome.REFUSE),
        ("2030-01-08", Outcome.REFUSE),
        ("2030-01-10", Outcome.REVIEW),
        ("2030-01-29", Outcome.CLEAR),
        ("2030-01-01", Outcome.CLEAR),
        (None, Outcome.REFUSE),
    ],
)
def test_an_injection_after_the_treatment_keeps_its_distance(on, outcome):
    assert decided(injection_planned={"planned": True, "on": on}).outcome is outcome


def test_sun_a_day_ago_passes_and_warns_for_two_weeks():
    assert decided(sun_bathing_or_tanning_bed=last(hours=23)).outcome is Outcome.DEFER
    assert decided(sun_bathing_or_tanning_bed=last(hours=24)).outcome is Outcome.REVIEW
    assert decided(sun_bathing_or_tanning_bed=last(days=14)).outcome is Outcome.CLEAR


@pytest.mark.parametrize(
    ("starts", "ends", "outcome"),
    [
        ("2030-02-05", "2030-03-01", Outcome.CLEAR),
        ("2030-02-03", "2030-03-01", Outcome.DEFER),
        ("2029-06-01", None, Outcome.REFUSE),
        (None, None, Outcome.REFUSE),
        ("2029-06-01", "2029-12-20", Outcome.DEFER),
        ("2029-06-01", "2029-12-01", Outcome.REVIEW),
        ("2028-06-01", "2029-01-01", Outcome.CLEAR),
    ],
)
def test_cancer_therapy_closes_a_window_of_four_weeks_on_either_side(starts, ends, outcome):
    period = {"had": True, "starts": starts, "ends": ends}
    assert decided(chemotherapy=period).outcome is outcome


# age


@pytest.mark.parametrize(
    ("birth_date", "outcome"),
    [
        (date(2012, 1, 8), Outcome.REFUSE),
        (date(2012, 1, 7), Outcome.CLEAR),
        (None, Outcome.REFUSE),
    ],
)
def test_nobody_under_18_is_treated_from_the_birthday_on_they_are(birth_date, outcome):
    assert decided(at={"birth_date": birth_date}).outcome is outcome


def test_who_is_born_on_29_february_is_18_on_1_march():
    born = date(2012, 2, 29)
    on = {"birth_date": born, "starts_at": datetime(2030, 2, 28, 12, tzinfo=UTC)}
    assert decided(at=on).outcome is Outcome.REFUSE
    assert decided(at=on | {"starts_at": datetime(2030, 3, 1, 12, tzinfo=UTC)}).outcome is (
        Outcome.CLEAR
    )


@pytest.mark.parametrize(
    ("jurisdiction", "outcome"),
    [("GB", Outcome.CLEAR), ("US-CA", Outcome.REVIEW), (None, Outcome.REVIEW)],
)
def test_under_22_is_off_label_in_the_us_and_where_nobody_knows(jurisdiction, outcome):
    at = {"birth_date": date(2010, 1, 1), "jurisdiction": jurisdiction}
    assert decided(at=at).outcome is outcome


# allergies and effects


def test_an_allergy_to_anaesthetics_takes_the_cream_and_on_skinpen_the_treatment():
    assert decided(anaesthetic_allergy=True).outcome is Outcome.CLEAR
    assert only(decided(anaesthetic_allergy=True)).effects.steps == ("PROC-06",)
    on_skinpen = decided(at={"device": "SkinPen Precision"}, anaesthetic_allergy=True)
    assert on_skinpen.outcome is Outcome.REFUSE
    assert only(on_skinpen).override is Override.NONE


def test_findings_of_one_rule_are_one_finding_with_all_effects():
    finding = only(decided(allergy_povidone_iodine=True, allergy_glide=True))
    assert set(finding.effects.products) == {"povidone_iodine", "hydrogel", "hyaluronic_acid"}


# overrides


def test_what_has_become_worse_since_is_open_again():
    lifted = {"PREP-01": Severity.WARN}
    assert decided(lifted=lifted, topical_retinoid=last(hours=30)).outcome is Outcome.CLEAR
    assert decided(lifted=lifted, topical_retinoid=last(hours=3)).outcome is Outcome.DEFER


@pytest.mark.parametrize(
    ("rule", "letter"), [("SCR-08", True), ("PREP-11", False), ("PREP-35", True), ("X", True)]
)
def test_what_may_not_be_lifted_is_not(rule, letter):
    findings = decided(keloid=True, blood_thinner_now=True, makeup=True).findings
    with pytest.raises(OverrideRefused):
        require_liftable(findings, rule, has_letter=letter)


def test_a_letter_lifts_what_asks_for_one():
    findings = decided(blood_thinner_now=True).findings
    assert require_liftable(findings, "PREP-11", has_letter=True).rule == "PREP-11"
