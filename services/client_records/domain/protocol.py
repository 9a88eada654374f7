"""Section 5 of the clinical rules: the treatment as ordered steps, each with its evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.client_records.domain.evidence import Field, check, choice, flag, moment, text, whole
from services.client_records.domain.plans import Limit
from services.client_records.domain.zones import BY_NUMBER, NEAR_EYES
from shared.errors import Conflict, Rejected


class StepUnknown(Rejected):
    """The protocol has no such step."""

    type = "step-unknown"
    title = "The protocol has no such step"


class StepOutOfOrder(Conflict):
    """Another step comes first, or this one is over."""

    type = "step-out-of-order"
    title = "Another step comes first"


class StepBlocked(Rejected):
    """The step, or the product, is not for this client or this place."""

    type = "step-blocked"
    title = "This is not done on this client"


class StepsMissing(Conflict):
    """The treatment cannot be completed: steps are missing."""

    type = "steps-missing"
    title = "Steps are missing"


@dataclass(frozen=True, slots=True)
class Step:
    """One step.  `repeats`: recorded once a zone and depth."""

    id: str
    name: str
    mandatory: bool
    evidence: tuple[Field, ...]
    repeats: bool = False
    closing: bool = False  # may still be recorded when the needling was stopped

    @property
    def number(self) -> int:
        """Return the step's place in the order."""
        return int(self.id.removeprefix("PROC-"))


def _must(step: str, name: str, evidence: tuple[Field, ...], **more: bool) -> Step:
    return Step(step, name, mandatory=True, evidence=evidence, **more)


def _may(step: str, name: str, evidence: tuple[Field, ...], **more: bool) -> Step:
    return Step(step, name, mandatory=False, evidence=evidence, **more)


ANAESTHETIC, ANAESTHETIC_OFF, NEEDLING = "PROC-06", "PROC-07", "PROC-10"
INCIDENT = "PROC-16"  # whenever something happens
_PRODUCT = (text("product"), text("lot"))

STEPS: tuple[Step, ...] = (
    _must("PROC-01", "Identity and screening again", (text("screening_id"),)),
    _must("PROC-02", "Consent signed", (text("consent_sha256"),)),
    _must(
        "PROC-03",
        "Device and cartridge",
        (flag("battery_full"), flag("seal_intact"), flag("barrier_sleeve"), flag("gloves")),
    ),
    _must("PROC-04", "Cleanse, photos before", (flag("makeup_removed"), flag("photos"))),
    _may("PROC-05", "Exfoliation or mild peel", (*_PRODUCT, text("percentage"))),
    _may(
        ANAESTHETIC,
        "Numbing cream on",
        (*_PRODUCT, whole("amount_mg", 100_000), whole("area_cm2", 1000), moment("applied_at")),
    ),
    _may(ANAESTHETIC_OFF, "Numbing cream off", (flag("all_removed"), moment("removed_at"))),
    _must(
        "PROC-08",
        "Disinfect",
        (choice("product", "povidone_iodine", "hypochlorous_acid", "chlorhexidine"), text("lot")),
    ),
    _must(
        "PROC-09",
        "Glide",
        (
            choice("product", "hydrogel", "saline", "hyaluronic_acid"),
            text("lot"),
            flag("sterile"),
            flag("approved_for_intradermal"),
        ),
    ),
    _must(
        NEEDLING,
        "Needling",
        (
            whole("zone", 17, least=1),
            whole("depth_um", 3000, least=1),
            whole("passes", 20, least=1),
            choice("endpoint", "erythema", "pinpoint_bleeding", "none"),
        ),
        repeats=True,
    ),
    _must("PROC-11", "Clean with sterile saline, cool", (flag("cleaned"),)),
    _may("PROC-12", "Cooling mask", _PRODUCT),
    _must("PROC-13", "Sterile cream and shade", _PRODUCT),
    _must(
        "PROC-14",
        "Cartridge to sharps, device cleaned",
        (flag("cartridge_destroyed"), flag("handpiece_disinfected")),
        closing=True,
    ),
    _must(
        "PROC-15",
        "Photos after, aftercare in writing",
        (flag("photos"), flag("aftercare_given"), flag("emergency_contact_given")),
        closing=True,
    ),
    _may("PROC-16", "Incident record", (text("what_happened", 2000),), closing=True),
)
BY_ID: Mapping[str, Step] = {step.id: step for step in STEPS}
AUTOMATIC = ("PROC-01", "PROC-02")  # recorded by the start of the session itself


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was recorded, as far as the next ones ask for it."""

    step: str
    zone: int | None = None
    at: datetime | None = None  # when the numbing cream came on


@dataclass(frozen=True, slots=True)
class Barred:
    """What the client's findings take out of the protocol."""

    steps: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()


def require_step(
    name: str,
    evidence: Mapping[str, Any],
    done: Sequence[Done],
    limits: Sequence[Limit],
    barred: Barred,
    *,
    broken_off: bool = False,
) -> Step:
    """Return the step that may be recorded now, its evidence complete.

    `broken_off`: after a stop only the closing steps are left, and they wait for nothing.
    Raises StepUnknown, StepOutOfOrder, StepBlocked or EvidenceMissing.
    """
    step = BY_ID.get(name)
    if step is None or name in AUTOMATIC:
        raise StepUnknown("This is no step of the protocol that is recorded by hand.")
    _require_order(step, done, broken_off=broken_off)
    check(step.evidence, evidence, step.name)
    _require_allowed(step, evidence, limits, barred)
    if name == NEEDLING:
        _require_planned(evidence, limits)
    if name == ANAESTHETIC_OFF:
        _require_in_time(evidence, done)
    return step


def require_complete(done: Sequence[Done], limits: Sequence[Limit]) -> None:
    """Raise StepsMissing with the ids of the steps without which nothing is completed."""
    if gaps := missing(done, limits):
        names = ", ".join(BY_ID[step].name.lower() for step in gaps)
        raise StepsMissing(f"Not recorded yet: {names}.", missing=gaps)


def missing(done: Sequence[Done], limits: Sequence[Limit]) -> list[str]:
    """Return the steps still to come before the treatment can be completed, in order."""
    have = {each.step for each in done}
    needled = {each.zone for each in done if each.step == NEEDLING}
    if any(limit.zone not in needled for limit in limits):
        have.discard(NEEDLING)
    if ANAESTHETIC not in have:
        have.add(ANAESTHETIC_OFF)
    wanted = [s.id for s in STEPS if s.mandatory or s.id == ANAESTHETIC_OFF]
    return [step for step in wanted if step not in have]


def _require_order(step: Step, done: Sequence[Done], *, broken_off: bool) -> None:
    have = {each.step for each in done}
    if step.id in have and not step.repeats:
        raise StepOutOfOrder(f"{step.name} is recorded already.")
    if step.id == INCIDENT or broken_off:
        return
    later = [BY_ID[name] for name in have if BY_ID[name].number > step.number]
    later = [each for each in later if each.id != INCIDENT]
    if later:
        last = max(later, key=lambda each: each.number)
        raise StepOutOfOrder(f"{step.name} comes before {last.name.lower()}, which is recorded.")
    if step.id == ANAESTHETIC_OFF and ANAESTHETIC not in have:
        raise StepOutOfOrder("No numbing cream was put on.")
    before = [s for s in STEPS if s.number < step.number and s.id not in have]
    wanted = next((s for s in before if _needed(s, have)), None)
    if wanted:
        raise StepOutOfOrder(
            f"{step.name} comes after {wanted.name.lower()}: record that first.",
            missing=[wanted.id],
        )


def _needed(step: Step, have: set[str]) -> bool:
    return step.mandatory or (step.id == ANAESTHETIC_OFF and ANAESTHETIC in have)


def _require_allowed(
    step: Step, evidence: Mapping[str, Any], limits: Sequence[Limit], barred: Barred
) -> None:
    if step.id in barred.steps:
        raise StepBlocked(f"{step.name}: a finding of the screening forbids it.")
    product = evidence.get("product")
    if product in barred.products:
        raise StepBlocked(f"{step.name}: the client is allergic to this product.")
    if product == "chlorhexidine" and any(limit.zone in NEAR_EYES for limit in limits):
        raise StepBlocked("Chlorhexidine never comes near eyes or ears: use another disinfectant.")


def _require_planned(evidence: Mapping[str, Any], limits: Sequence[Limit]) -> None:
    planned = next((each for each in limits if each.zone == evidence["zone"]), None)
    name = BY_NUMBER[evidence["zone"]].name
    if planned is None:
        raise StepBlocked(f"The {name} is not in this session's plan.")
    if evidence["depth_um"] > planned.depth_um:
        raise StepBlocked(f"The plan allows {planned.depth_um} µm in the {name}.")


def _require_in_time(evidence: Mapping[str, Any], done: Sequence[Done]) -> None:
    applied = next((each.at for each in done if each.step == ANAESTHETIC), None)
    removed = datetime.fromisoformat(evidence["removed_at"])
    if applied and removed < applied:
        raise StepBlocked("The numbing cream cannot come off before it came on.")
