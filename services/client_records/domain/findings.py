"""What a violated rule leaves behind, and the word that follows from it."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum

from services.client_records.domain.rules import NO_EFFECTS, Effects, Override, Rule, Severity


class Outcome(StrEnum):
    """What a screening says."""

    CLEAR = "clear"
    REVIEW = "review"  # a clinician decides, with a recorded reason
    DEFER = "defer"  # not before a date
    REFUSE = "refuse"  # not at all, unless somebody who may lifts the finding

    @property
    def weight(self) -> int:
        """Return a number that is larger for what is more restrictive."""
        return ["clear", "review", "defer", "refuse"].index(self.value)


@dataclass(frozen=True, slots=True)
class Situation:
    """Whom, when and with what.  `device` is a model's name; None while nobody knows."""

    starts_at: datetime
    birth_date: date | None
    zone: tzinfo | None = None
    jurisdiction: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is violated, and the moment from which it is not, where time alone heals it."""

    rule: str
    severity: Severity
    reason: str
    override: Override
    clears_at: datetime | None = None
    effects: Effects = NO_EFFECTS
    zones: tuple[int, ...] = ()  # zones that must be left out
    lifted: bool = False


def word(finding: Finding) -> Outcome:
    """Return the outcome that a finding alone would give."""
    if finding.severity is Severity.BLOCK:
        return Outcome.DEFER if finding.clears_at else Outcome.REFUSE
    return Outcome.REVIEW if finding.severity is Severity.WARN else Outcome.CLEAR


def finding_of(
    rule: Rule, severity: Severity, reason: str, *, clears_at: datetime | None = None
) -> Finding:
    """Return a finding.  On a prescribed medicine the sentence sends to the prescriber."""
    if rule.prescribed:
        reason = f"{reason} Ask the prescriber; change nothing that was prescribed before."
    return Finding(rule.id, severity, reason, rule.override, clears_at)
