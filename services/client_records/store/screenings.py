"""Screenings in PostgreSQL; answers, findings and reasons sealed with the client's key."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from services.client_records.domain.findings import Finding
from services.client_records.domain.rules import Severity
from services.client_records.domain.screenings import Decision
from services.client_records.store.safes import Safe
from shared.db import Transaction, queries
from shared.errors import NotFound

SQL = queries(__file__)


class ScreeningUnknown(NotFound):
    """There is no such screening, or not at this clinic."""

    type = "screening-unknown"
    title = "There is no such screening"


@dataclass(frozen=True, slots=True)
class Screening:
    """A screening in the record.  `answers` as they were given; `findings` as they were shown."""

    id: UUID
    clinic_id: UUID
    client_id: UUID
    appointment_id: UUID | None
    treatment_id: UUID
    cause: str  # answered, booked, moved
    rules_version: str
    starts_at: datetime
    answered_at: datetime
    decided_at: datetime
    decided_by: UUID | None
    outcome: str
    not_before: datetime | None
    answers: Mapping[str, Any]
    findings: list[dict[str, Any]]

    def decided(self, decision: Decision, at: datetime) -> "Screening":
        """Return the screening with another decision."""
        return replace(
            self,
            outcome=decision.outcome.value,
            not_before=decision.not_before,
            findings=[shown(finding) for finding in decision.findings],
            decided_at=at,
        )


def shown(finding: Finding) -> dict[str, Any]:
    """Return a finding as it is shown and kept."""
    clears_at = finding.clears_at.isoformat() if finding.clears_at else None
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "reason": finding.reason,
        "override": finding.override.value,
        "clears_at": clears_at,
        "lifted": finding.lifted,
        "zones": list(finding.zones),
        "depth_cap_um": finding.effects.depth_cap_um,
    }


def insert(tx: Transaction, safe: Safe, screening: Screening) -> None:
    """Keep a screening."""
    values = {name: getattr(screening, name) for name in screening.__slots__}
    tx.run(SQL["insert"], values | _sealed(safe, screening))


def find(tx: Transaction, screening_id: UUID) -> Mapping[str, Any]:
    """Return a screening still sealed.  Raises ScreeningUnknown."""
    return _known(tx.one(SQL["find"], {"id": screening_id}))


def lock(tx: Transaction, screening_id: UUID) -> Mapping[str, Any]:
    """Return a screening still sealed, which nobody else decides meanwhile."""
    return _known(tx.one(SQL["lock"], {"id": screening_id}))


def opened(row: Mapping[str, Any], safe: Safe) -> Screening:
    """Return a sealed screening, opened."""
    return Screening(
        **{
            **row,
            "answers": safe.open(row["answers"], "screenings", "answers", row["id"]),
            "findings": safe.open(row["findings"], "screenings", "findings", row["id"]),
        }
    )


def of_client(
    tx: Transaction, safe: Safe, client_id: UUID, limit: int, before: UUID | None = None
) -> list[Screening]:
    """Return a client's screenings, the latest first."""
    values = {"client_id": client_id, "limit": limit, "before": before}
    return [opened(row, safe) for row in tx.all(SQL["of_client"], values)]


def latest(
    tx: Transaction, safe: Safe, client_id: UUID, treatment_id: UUID, appointment_id: UUID
) -> Screening | None:
    """Return the screening that counts for an appointment's treatment."""
    values = {
        "client_id": client_id,
        "treatment_id": treatment_id,
        "appointment_id": appointment_id,
    }
    row = tx.one(SQL["latest"], values)
    return opened(row, safe) if row else None


def decide_again(tx: Transaction, safe: Safe, screening: Screening) -> None:
    """Keep a changed decision on the same answers."""
    values = {
        "id": screening.id,
        "outcome": screening.outcome,
        "not_before": screening.not_before,
        "decided_at": screening.decided_at,
    }
    tx.run(SQL["decide_again"], values | _sealed(safe, screening))


def lift(tx: Transaction, safe: Safe, screening_id: UUID, values: Mapping[str, Any]) -> None:
    """Keep who took a finding upon themselves and why."""
    reason = safe.seal(values["reason"], "overrides", "reason")
    tx.run(SQL["lift"], {**values, "screening_id": screening_id, "reason": reason})


def lifted(tx: Transaction, screening_id: UUID) -> dict[str, Severity]:
    """Return the rules that were lifted, with the severity that was."""
    rows = tx.all(SQL["lifted"], {"screening_id": screening_id})
    return {row["rule"]: Severity(row["severity"]) for row in rows}


def overrides(tx: Transaction, safe: Safe, screening_id: UUID) -> list[dict[str, Any]]:
    """Return who lifted what and why."""
    rows = tx.all(SQL["lifted"], {"screening_id": screening_id})
    return [row | {"reason": safe.open(row["reason"], "overrides", "reason")} for row in rows]


def copy_lifted(tx: Transaction, one: UUID, other: UUID) -> None:
    """Let what was lifted in one screening be lifted in another of the same answers."""
    tx.run(SQL["copy_lifted"], {"one_id": one, "other_id": other})


def _known(row: dict[str, Any] | None) -> Mapping[str, Any]:
    if row is None:
        raise ScreeningUnknown("There is no such screening.")
    return cast("Mapping[str, Any]", row)


def _sealed(safe: Safe, screening: Screening) -> dict[str, bytes]:
    return {
        "answers": safe.seal(screening.answers, "screenings", "answers", screening.id),
        "findings": safe.seal(screening.findings, "screenings", "findings", screening.id),
    }
