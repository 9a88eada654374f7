"""What holds for screenings whatever is answered."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.client_records.domain import answers as reading
from services.client_records.domain.findings import Finding, Outcome, word
from services.client_records.domain.questions import BY_ID, QUESTIONS, clear_answers
from services.client_records.domain.rules import HOURS, Override, Severity, WashOut
from services.client_records.domain.screenings import (
    TABLE,
    decide,
    outcome_of,
)
from tests.unit.client_records.asked import LONDON, START, decided, last, situation

FINDINGS = st.builds(
    Finding,
    rule=st.sampled_from(["PREP-01", "SCR-08", "SCR-17"]),
    severity=st.sampled_from(Severity),
    reason=st.just("because"),
    override=st.sampled_from(Override),
    clears_at=st.none() | st.just(START),
    lifted=st.booleans(),
)
LAST_USES = st.one_of(
    st.just({"used": False}),
    st.just({"used": True, "last": None}),
    st.integers(-60, 24 * 400).map(lambda hours: last(hours=hours)),
)
PERIODS = st.one_of(
    st.just({"had": False}),
    st.tuples(st.integers(-300, 300), st.integers(1, 200)).map(
        lambda days: {
            "had": True,
            "starts": (START + timedelta(days=days[0])).date().isoformat(),
            "ends": (START + timedelta(days=sum(days))).date().isoformat(),
        }
    ),
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={q.id: LAST_USES for q in QUESTIONS if q.kind == "last_use"}
    | {"chemotherapy": PERIODS}
    | {q.id: st.sampled_from([True, False, None]) for q in QUESTIONS if q.kind == "yes_no"}
    | {q.id: st.sampled_from(q.choices) for q in QUESTIONS if q.kind == "choice"},
)


@given(st.lists(FINDINGS), FINDINGS)
def test_one_more_finding_never_makes_the_outcome_milder(findings, one_more):
    assert outcome_of([*findings, one_more]).weight >= outcome_of(findings).weight


@given(st.lists(FINDINGS, min_size=1))
def test_the_most_restrictive_finding_decides(findings):
    open_ones = [word(each) for each in findings if not each.lifted]
    assert outcome_of(findings) == max(open_ones, key=lambda w: w.weight, default=Outcome.CLEAR)


@given(ANSWERS)
def test_at_the_promised_moment_nothing_defers_any_more(given_answers):
    decision = decided(**given_answers)
    assert (decision.outcome is Outcome.DEFER) == (decision.not_before is not None)
    if decision.not_before:
        assert decision.not_before > START
        then = decided(at={"starts_at": decision.not_before}, **given_answers)
        assert then.outcome not in {Outcome.DEFER, Outcome.REFUSE}


@given(ANSWERS, st.sampled_from([rule for rule in TABLE if isinstance(rule, WashOut)]))
def test_a_later_last_use_is_never_milder(given_answers, rule):
    known = {name: value for name, value in given_answers.items() if name != rule.question}
    longest = max((rule.block, rule.warn), key=lambda t: HOURS.get(t, 0))
    old = decided(**known, **{rule.question: last(hours=HOURS[longest])})
    new = decided(**known, **{rule.question: last(hours=HOURS[longest] - 1)})
    assert new.outcome.weight >= old.outcome.weight


@given(ANSWERS, st.sampled_from([q.id for q in QUESTIONS if q.only_if is None]))
def test_leaving_a_question_out_is_never_milder_than_a_clear_answer(given_answers, question):
    answers = clear_answers() | given_answers
    clear = reading.read(answers | {question: BY_ID[question].clear_answer}, LONDON)
    missing = reading.read({k: v for k, v in answers.items() if k != question}, LONDON)
    assert decide(missing, situation()).outcome.weight >= decide(clear, situation()).outcome.weight
