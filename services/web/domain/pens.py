"""A clinic's pens, as those who treat read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.web.domain.alarms import KINDS
from services.web.domain.words import Look
from services.web.domain.zones import ZONES

STATUSES: Final[dict[str, Look]] = {
    "registered": Look("mute", "circle-dashed", "Never on line"),
    "idle": Look("good", "circle-check", "Ready"),
    "needling": Look("info", "syringe", "Needling"),
    "offline": Look("mute", "wifi-off", "Off line"),
}
UNKNOWN: Final = Look("mute", "circle-question-mark", "Unknown")
UNFIT: Final = Look("bad", "shield-x", "Not fit for use")


@dataclass(frozen=True, slots=True)
class Pen:
    """One pen before its stream speaks.  `session_id` is the treatment that runs with it."""

    id: str
    name: str
    model: str
    status: Look
    fit: bool
    session_id: str | None


def pen(row: Mapping[str, Any]) -> Pen:
    """Return a device as the page shows it."""
    return Pen(
        id=str(row["id"]),
        name=str(row["name"]),
        model=str(row["model_name"]),
        status=STATUSES.get(row["status"], UNKNOWN),
        fit=bool(row["fit"]),
        session_id=row.get("session_id"),
    )


def words() -> dict[str, dict[str, str]]:
    """Return what the page's script says: states, zones and alarms by their codes."""
    return {
        "status": {code: look.word for code, look in STATUSES.items()},
        "tone": {code: look.tone for code, look in STATUSES.items()},
        "zone": {str(number): name for number, name in ZONES.items()},
        "alarm": {kind: said for kind, (said, _) in KINDS.items()},
    }
