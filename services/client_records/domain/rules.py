"""What a rule of the clinical tables is made of.

Grades are those of the clinical reference: R law, L device label, P paper, G government, C clinics'
convention, A aggregator, U unsourced policy.  Sources are its keys.  Times are elapsed hours: 1 day
is 24 h, 1 week 168 h, 1 month 30 d, 6 months 183 d, 12 months 365 d.
"""

from dataclasses import dataclass
from enum import StrEnum

HOURS: dict[str, int] = {
    "24 hours": 24,
    "48 hours": 48,
    "72 hours": 72,
    "7 days": 168,
    "14 days": 336,
    "21 days": 504,
    "28 days": 672,
    "30 days": 720,
    "42 days": 1008,
    "84 days": 2016,
    "90 days": 2160,
    "6 months": 4392,
    "12 months": 8760,
}


class Severity(StrEnum):
    """How much a violated rule weighs."""

    BLOCK = "block"  # the session cannot start
    WARN = "warn"  # it may, with a named clinician's recorded reason
    ADVISE = "advise"  # shown, no more

    @property
    def weight(self) -> int:
        """Return a number that is larger for what is more restrictive."""
        return {"advise": 0, "warn": 1, "block": 2}[self.value]


class Override(StrEnum):
    """Who may lift a finding."""

    NONE = "none"
    CLINICIAN = "clin"  # a licensed clinician with a reason
    LETTER = "letter"  # with the letter of an external doctor


@dataclass(frozen=True, slots=True)
class Effects:
    """What a finding takes away from a treatment that goes ahead."""

    depth_cap_um: int | None = None
    steps: tuple[str, ...] = ()  # protocol steps that must not be done
    products: tuple[str, ...] = ()  # products that must not be used


NO_EFFECTS = Effects()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of the tables.  `subject` and `says` are words of the sentence a person reads."""

    id: str
    subject: str
    severity: Severity
    override: Override
    grade: str
    sources: tuple[str, ...] = ()
    prescribed: bool = False  # never tell anybody to stop it: ask the prescriber


@dataclass(frozen=True, slots=True, kw_only=True)
class WashOut(Rule):
    """So much time must lie between the last use and the treatment; a null threshold asks nothing.

    Thresholds are keys of HOURS, in the source's own unit.  `labels`: devices that ask more.
    `verb` finishes "must be at least 24 hours before the treatment".
    """

    question: str
    block: str | None = None
    warn: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    verb: str = "The last use of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Present(Rule):
    """An answer that is a finding.  `when`: the answers that violate; unknown always does."""

    question: str
    when: tuple[str | bool, ...] = (True,)
    says: str = ""
    effects: Effects = NO_EFFECTS
    labels: tuple[str, ...] = ()  # devices whose label makes it a block that nobody lifts


@dataclass(frozen=True, slots=True, kw_only=True)
class Special(Rule):
    """A rule with a shape of its own: domain/specials.py knows it by its id."""

    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere(Rule):
    """A row that other code carries; `where` says which.  Never a finding."""

    where: str
