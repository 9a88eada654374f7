"""Rules with a shape of their own: age, cancer therapy, antivirals, planned injections."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta

from services.client_records.domain.answers import LAST_ZONE, Answers, LastUse, Period
from services.client_records.domain.findings import Finding, Situation, finding_of
from services.client_records.domain.rules import Rule, Severity

ADULT = 18
US_LABEL_AGE = 22  # all FDA-authorised uses are for 22 and older
AFTER_BLOCK = timedelta(hours=48)  # PREP-27
AFTER_WARN = timedelta(days=21)
CHEMO_MARGIN = timedelta(days=28)  # PREP-30, before the beginning and after the end
CHEMO_WARN = timedelta(days=183)
ANTIVIRAL_LEAD = timedelta(hours=48)  # PREP-34


def check(rule: Rule, answers: Answers, situation: Situation) -> Iterable[Finding]:
    """Return what a special rule finds."""
    return _CHECKS[rule.id](rule, answers, situation)


def age_on(day: date, birth_date: date) -> int:
    """Return the age in years; who was born on 29 February grows older on 1 March."""
    before_birthday = (day.month, day.day) < (birth_date.month, birth_date.day)
    return day.year - birth_date.year - before_birthday


def _age(situation: Situation) -> int | None:
    if situation.birth_date is None:
        return None
    day = situation.starts_at.astimezone(situation.zone or LAST_ZONE).date()
    return age_on(day, situation.birth_date)


def _minor(rule: Rule, _answers: Answers, situation: Situation) -> Iterable[Finding]:
    age = _age(situation)
    if age is None:
        yield finding_of(rule, Severity.BLOCK, "The client's birth date is not known.")
    elif age < ADULT:
        yield finding_of(rule, Severity.BLOCK, "Nobody under 18 is treated.")


def _young_adult(rule: Rule, _answers: Answers, situation: Situation) -> Iterable[Finding]:
    """Ask for 22 years where the American label counts; an unknown place may be there."""
    age = _age(situation)
    american = situation.jurisdiction is None or situation.jurisdiction.startswith("US")
    if age is not None and ADULT <= age < US_LABEL_AGE and american:
        yield finding_of(rule, Severity.WARN, "Under 22 the treatment is off label in the US.")


def _injection(rule: Rule, answers: Answers, situation: Situation) -> Iterable[Finding]:
    """Give no date: the other appointment has to move."""
    planned = answers.get("injection_planned")
    if not isinstance(planned, Period) or not planned.had:
        return
    if planned.starts is None or planned.ends is None:
        yield finding_of(
            rule, Severity.BLOCK, "The date of the planned toxin or filler is missing."
        )
        return
    if planned.ends <= situation.starts_at:
        return
    gap = max(planned.starts - situation.starts_at, timedelta(0))
    if gap < AFTER_BLOCK:
        yield finding_of(
            rule, Severity.BLOCK, "A toxin or filler is planned less than 48 hours afterwards."
        )
    elif gap < AFTER_WARN:
        yield finding_of(
            rule, Severity.WARN, "A toxin or filler is planned less than 21 days afterwards."
        )


def _cancer_therapy(rule: Rule, answers: Answers, situation: Situation) -> Iterable[Finding]:
    """Take an open beginning as begun, and an open end as not ended."""
    period = answers.get("chemotherapy")
    if not isinstance(period, Period) or not period.had:
        return
    if period.starts and situation.starts_at <= period.starts - CHEMO_MARGIN:
        return
    clears_at = period.ends + CHEMO_MARGIN if period.ends else None
    if clears_at is None or situation.starts_at < clears_at:
        yield finding_of(
            rule,
            Severity.BLOCK,
            f"From 28 days before to 28 days after {rule.subject} nobody is needled.",
            clears_at=clears_at,
        )
    elif period.ends and situation.starts_at < period.ends + CHEMO_WARN:
        yield finding_of(
            rule,
            Severity.WARN,
            f"Less than 6 months have passed since {rule.subject}.",
            clears_at=period.ends + CHEMO_WARN,
        )


def _antiviral(rule: Rule, answers: Answers, situation: Situation) -> Iterable[Finding]:
    if answers.get("cold_sores_history") is False:
        return
    decision = answers.get("cold_sores_decision")
    if decision == "undecided":
        yield finding_of(
            rule,
            Severity.BLOCK,
            "With a history of cold sores a prescriber decides on antiviral protection first.",
        )
    started = answers.get("cold_sores_started")
    if decision != "prescribed" or not isinstance(started, LastUse):
        return
    clears_at = started.at + ANTIVIRAL_LEAD if started.used and started.at else None
    if clears_at is None or situation.starts_at < clears_at:
        yield finding_of(
            rule,
            Severity.WARN,
            "The antiviral protection should begin at least 48 hours before the treatment.",
            clears_at=clears_at,
        )


def _tattoo(rule: Rule, answers: Answers, _situation: Situation) -> Iterable[Finding]:
    zones = answers.get("tattooed_zones")
    if isinstance(zones, tuple) and zones:
        reason = "Leave out the zones with a tattoo or permanent make-up."
        yield replace(finding_of(rule, Severity.ADVISE, reason), zones=zones)


_CHECKS: dict[str, Callable[[Rule, Answers, Situation], Iterable[Finding]]] = {
    "PREP-27": _injection,
    "PREP-30": _cancer_therapy,
    "PREP-34": _antiviral,
    "SCR-26": _tattoo,
    "SCR-30": _minor,
    "SCR-31": _young_adult,
}
