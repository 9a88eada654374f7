"""What the answers mean for one treatment: clear, review, defer until a date, or refuse.

Equality passes; an unknown date or a missing answer violates; the most restrictive finding wins.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.client_records.domain import specials
from services.client_records.domain.answers import Answer, Answers, LastUse
from services.client_records.domain.contraindications import CONTRAINDICATIONS
from services.client_records.domain.findings import Finding, Outcome, Situation, finding_of, word
from services.client_records.domain.preparation import PREPARATION
from services.client_records.domain.questions import QUESTIONS, asked
from services.client_records.domain.rules import (
    HOURS,
    Effects,
    Override,
    Present,
    Rule,
    Severity,
    Special,
    WashOut,
)
from shared.errors import Rejected

UNANSWERED = "UNANSWERED"
TABLE: tuple[Rule, ...] = PREPARATION + CONTRAINDICATIONS


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome and why."""

    outcome: Outcome
    not_before: datetime | None
    findings: tuple[Finding, ...]


Lifted = Mapping[str, Severity]  # rule id -> the severity that somebody took upon themselves


class OverrideRefused(Rejected):
    """The finding is not for lifting, or not by this."""

    type = "override-refused"
    title = "This finding cannot be lifted"


def decide(answers: Answers, situation: Situation, lifted: Lifted | None = None) -> Decision:
    """Return what the answers mean when the treatment starts at `situation.starts_at`.

    `not_before` is a moment at which nothing defers any more.
    """
    findings = _evaluate(answers, situation, lifted or {})
    outcome = outcome_of(findings)
    not_before = None
    later, then = outcome, findings
    while later is Outcome.DEFER:
        not_before = max(f.clears_at for f in _open(then, Severity.BLOCK) if f.clears_at)
        then = _evaluate(answers, replace(situation, starts_at=not_before), lifted or {})
        later = outcome_of(then)
    if later is Outcome.REFUSE:  # by then something else forbids it: no date can be promised
        outcome, not_before = Outcome.REFUSE, None
    return Decision(outcome, not_before, findings)


def outcome_of(findings: Iterable[Finding]) -> Outcome:
    """Return the most restrictive word of the findings that nobody lifted."""
    words = [word(finding) for finding in findings if not finding.lifted]
    return max(words, key=lambda each: each.weight, default=Outcome.CLEAR)


def require_liftable(findings: Iterable[Finding], rule: str, *, has_letter: bool) -> Finding:
    """Return the finding of `rule` that somebody wants to lift.  Raises OverrideRefused."""
    found = next((finding for finding in findings if finding.rule == rule), None)
    if found is None or found.severity is Severity.ADVISE:
        raise OverrideRefused(f"{rule} holds nothing up in this screening.")
    if found.override is Override.NONE:
        raise OverrideRefused(f"Nobody may lift {rule}: {found.reason}")
    if found.override is Override.LETTER and not has_letter:
        raise OverrideRefused(f"{rule} needs the letter of the client's doctor.")
    return found


def _open(findings: Iterable[Finding], severity: Severity) -> list[Finding]:
    return [f for f in findings if f.severity is severity and not f.lifted]


def _evaluate(answers: Answers, situation: Situation, lifted: Lifted) -> tuple[Finding, ...]:
    found: dict[str, Finding] = {}
    for rule in TABLE:
        for finding in _check(rule, answers, situation):
            known = found.get(finding.rule)
            found[finding.rule] = _merge(known, finding) if known else finding
    return tuple(_lift(each, lifted) for each in found.values()) + _unanswered(answers)


def _lift(finding: Finding, lifted: Lifted) -> Finding:
    """Mark what somebody took upon themselves; what has become worse since stays open."""
    taken = lifted.get(finding.rule)
    covers = taken is not None and taken.weight >= finding.severity.weight
    return replace(finding, lifted=covers)


def _merge(one: Finding, other: Finding) -> Finding:
    """Return the more restrictive of two findings of one rule, with the effects of both."""
    worse = max((one, other), key=lambda f: (word(f).weight, f.severity.weight))
    effects = Effects(
        depth_cap_um=min(
            (e.depth_cap_um for e in (one.effects, other.effects) if e.depth_cap_um is not None),
            default=None,
        ),
        steps=one.effects.steps + other.effects.steps,
        products=one.effects.products + other.effects.products,
    )
    return replace(worse, effects=effects, zones=one.zones + other.zones)


def _unanswered(answers: Answers) -> tuple[Finding, ...]:
    """Return a block for each question that was asked and not answered."""
    return tuple(
        Finding(
            rule=UNANSWERED,
            severity=Severity.BLOCK,
            reason=f"Not answered: {question.text}",
            override=Override.NONE,
        )
        for question in QUESTIONS
        if question.id not in answers and asked(question, answers)
    )


def _check(rule: Rule, answers: Answers, situation: Situation) -> Iterable[Finding]:
    """Return what `rule` finds.  Questions without an answer are for _unanswered."""
    if isinstance(rule, WashOut) and rule.question in answers:
        return _washed_out(rule, answers[rule.question], situation)
    if isinstance(rule, Present) and rule.question in answers:
        return _present(rule, answers[rule.question], situation)
    if isinstance(rule, Special):
        return specials.check(rule, answers, situation)
    return ()


def _washed_out(rule: WashOut, answer: Answer, situation: Situation) -> Iterable[Finding]:
    if not isinstance(answer, LastUse) or not answer.used:
        return
    for severity, threshold in _thresholds(rule, situation.device):
        clears_at = answer.at + timedelta(hours=HOURS[threshold]) if answer.at else None
        if clears_at is None or situation.starts_at < clears_at:
            yield finding_of(
                rule, severity, _interval(rule, threshold, answer.at), clears_at=clears_at
            )
            return


def _thresholds(rule: WashOut, device: str | None) -> list[tuple[Severity, str]]:
    """Return the severities with their thresholds, the worst first."""
    blocks = [rule.block] if rule.block else []
    blocks += [least for model, least in rule.labels if model in (device or "").lower()]
    longest = sorted(blocks, key=HOURS.__getitem__, reverse=True)[:1]
    milder = Severity.WARN if rule.severity is Severity.BLOCK else rule.severity
    return [(Severity.BLOCK, least) for least in longest] + (
        [(milder, rule.warn)] if rule.warn else []
    )


def _interval(rule: WashOut, threshold: str, at: datetime | None) -> str:
    if at is None:
        sentence = f"When? {rule.verb} {rule.subject} has no known date, and {threshold} must pass."
    else:
        sentence = f"{rule.verb} {rule.subject} must be at least {threshold} before the treatment."
    return sentence


def _present(rule: Present, answer: Answer, situation: Situation) -> Iterable[Finding]:
    value = answer.used if isinstance(answer, LastUse) else answer
    if value is not None and value not in rule.when:
        return
    label = any(model in (situation.device or "").lower() for model in rule.labels)
    reason = rule.says if value is not None else f"Not known. {rule.says}"
    severity, override = (
        (Severity.BLOCK, Override.NONE) if label else (rule.severity, rule.override)
    )
    yield replace(finding_of(rule, severity, reason), override=override, effects=rule.effects)
