"""May this be needled so deep, here, by this person, with this device?  Depths in micrometres.

The lowest cap wins: zone (less the device's tolerance), device, credential, indication, findings.
The alarm's limit of a zone is the planned depth plus the device's tolerance: what the planned
treatment can truly deliver.  It never passes the zone's hard cap, for the plan was held against it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.client_records.domain import devices
from services.client_records.domain.findings import Finding
from services.client_records.domain.zones import (
    BODY,
    BY_NUMBER,
    EITHER,
    INDICATION_CAPS_UM,
    INDICATIONS,
    Zone,
)
from shared.errors import Conflict, Rejected


class DepthOverCap(Rejected):
    """The plan goes deeper than a cap allows."""

    type = "depth-over-cap"
    title = "This is planned too deep"


class ZoneBlocked(Rejected):
    """The zone is not needled, or not on this client."""

    type = "zone-blocked"
    title = "This zone is not treated"


class ZonePlannedTwice(Rejected):
    """A zone stands in the plan more than once."""

    type = "zone-planned-twice"
    title = "A zone is planned twice"


class ReasonMissing(Rejected):
    """Deeper than usual needs a reason."""

    type = "reason-missing"
    title = "Write down the reason"


class CredentialMissing(Conflict):
    """The practitioner may not do this, or not any more, or nobody knows."""

    type = "credential-missing"
    title = "The practitioner's credential does not cover this"


@dataclass(frozen=True, slots=True)
class Pass:
    """One zone of a plan.  `reason`: why deeper than usual."""

    zone: int
    depth_um: int
    passes: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """A practitioner's credential.  A null depth or date allows nothing."""

    max_depth_face_um: int | None
    max_depth_body_um: int | None
    valid_until: date | None
    active: bool

    def reaches_um(self, zone: Zone) -> int | None:
        """Return how deep it allows in a zone; None when the depth is not known."""
        face, body = self.max_depth_face_um, self.max_depth_body_um
        if zone.part == EITHER:
            return None if face is None or body is None else min(face, body)
        return body if zone.part == BODY else face


@dataclass(frozen=True, slots=True)
class Bounds:
    """All that bounds a plan."""

    credential: Credential
    model: str
    indication: str | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """How deep the device may go in a zone; `warnings` are ids of rules that ask for a reason."""

    zone: int
    depth_um: int
    limit_um: int
    passes: int
    warnings: tuple[str, ...] = ()


def require_credential(credential: Credential | None, day: date) -> Credential:
    """Return a credential that is valid on a day at the clinic.  Raises CredentialMissing."""
    if credential is None or not credential.active:
        raise CredentialMissing("No credential of this practitioner is known at this clinic.")
    if credential.valid_until is None:
        raise CredentialMissing("Until when the practitioner's credential is valid is not known.")
    if credential.valid_until < day:
        raise CredentialMissing(
            f"The practitioner's credential ended on {credential.valid_until:%d %B %Y}."
        )
    return credential


def limits(plan: Sequence[Pass], bounds: Bounds) -> tuple[Limit, ...]:
    """Return the limit of each planned zone.

    Raises ZoneBlocked, ZonePlannedTwice, DepthOverCap, CredentialMissing or ReasonMissing.
    """
    zones = [each.zone for each in plan]
    if twice := sorted({zone for zone in zones if zones.count(zone) > 1}):
        raise ZonePlannedTwice(f"Plan the {BY_NUMBER[twice[0]].name} once.", zone=twice[0])
    return tuple(_limit(each, bounds) for each in plan)


def _limit(each: Pass, bounds: Bounds) -> Limit:
    zone = BY_NUMBER[each.zone]
    _require_open(zone, bounds.findings)
    tolerance = devices.tolerance_um(bounds.model)
    for cap_um, why, error in _caps(zone, tolerance, bounds):
        if each.depth_um > cap_um:
            raise error(
                f"{zone.name.capitalize()}: {each.depth_um} µm is planned, {why} is {cap_um} µm.",
                zone=zone.number,
                cap_um=cap_um,
            )
    warnings = _warnings(each, zone)
    if warnings and not each.reason:
        raise ReasonMissing(
            f"{zone.name.capitalize()}: {each.depth_um} µm is deeper than the usual "
            f"{zone.default_um} µm. Write down why.",
            zone=zone.number,
            rules=list(warnings),
        )
    limit_um = min(each.depth_um + tolerance, zone.hard_um)
    return Limit(each.zone, each.depth_um, limit_um, each.passes, warnings)


def _require_open(zone: Zone, findings: Iterable[Finding]) -> None:
    if zone.hard_um == 0:
        raise ZoneBlocked(f"The {zone.name} is never needled.", zone=zone.number)
    for finding in findings:
        if zone.number in finding.zones:
            raise ZoneBlocked(f"{zone.name.capitalize()}: {finding.reason}", zone=zone.number)


def _caps(
    zone: Zone, tolerance: int, bounds: Bounds
) -> list[tuple[int, str, type[DepthOverCap | CredentialMissing]]]:
    """Return every cap with the words for it, and how a plan over it is refused."""
    allowed = bounds.credential.reaches_um(zone)
    if allowed is None:
        raise CredentialMissing(
            f"How deep the practitioner may needle the {zone.name} is not known.",
            zone=zone.number,
        )
    caps: list[tuple[int, str, type[DepthOverCap | CredentialMissing]]] = [
        (zone.hard_um - tolerance, "the zone's cap less the device's tolerance", DepthOverCap),
        (allowed, "the practitioner's credential", CredentialMissing),
    ]
    profile = devices.profile_of(bounds.model)
    if profile and profile.max_depth_um is not None:
        caps.append((profile.max_depth_um, "the device's reach", DepthOverCap))
    if (cap := indication_cap_um(bounds.indication)) is not None:
        caps.append((cap, "the cap of what is treated", DepthOverCap))
    caps += [
        (finding.effects.depth_cap_um, f"the cap of {finding.rule}", DepthOverCap)
        for finding in bounds.findings
        if finding.effects.depth_cap_um is not None
    ]
    return caps


def indication_cap_um(indication: str | None) -> int | None:
    """Return the cap of an indication (DEP-08); one that is not known may be the lowest of all."""
    if indication not in INDICATIONS:
        return min(INDICATION_CAPS_UM.values())
    return INDICATION_CAPS_UM.get(indication)


def _warnings(each: Pass, zone: Zone) -> tuple[str, ...]:
    found = []
    if each.depth_um > zone.default_um:
        found.append("DEP-02")
    if zone.thinnest_um is not None and each.depth_um > zone.thinnest_um:
        found.append("DEP-03")
    return tuple(found)
