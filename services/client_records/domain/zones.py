"""Section 4 of the clinical rules: zones, skin thickness and depth caps.  Depths in micrometres."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone of the skin.  `default_um` needs no reason, `hard_um` nobody passes; 0 is blocked.

    `thinnest_um` is the mean thickness of the thinner sex; None where nothing was measured.
    """

    number: int
    name: str
    part: str  # face, body, or either: then the lower of a credential's two depths counts
    default_um: int
    hard_um: int
    thinnest_um: int | None
    grade: str

    @property
    def id(self) -> str:
        """Return the row's id in the tables."""
        return f"ZON-{self.number:02}"


FACE, BODY, EITHER = "face", "body", "either"
ZONES: tuple[Zone, ...] = (
    Zone(1, "forehead", FACE, 500, 750, 1060, "C"),
    Zone(2, "glabella", FACE, 500, 1000, 1090, "C"),
    Zone(3, "periorbital, outside the rim", FACE, 250, 500, 750, "C"),
    Zone(4, "eyelid, inside the orbital rim", FACE, 0, 0, 750, "L"),
    Zone(5, "temple", FACE, 500, 750, 980, "U"),
    Zone(6, "nose", FACE, 250, 750, 1120, "C"),
    Zone(7, "cheekbone", FACE, 500, 1000, 1070, "C"),
    Zone(8, "cheek", FACE, 1000, 1500, 1070, "C"),
    Zone(9, "upper lip", FACE, 250, 750, 1070, "C"),
    Zone(10, "chin and jaw", FACE, 500, 1500, 1090, "C"),
    Zone(11, "facial scar", FACE, 1000, 1500, 1070, "C"),
    Zone(12, "lip, mucosa or eye", FACE, 0, 0, None, "L"),
    Zone(13, "neck", EITHER, 500, 1000, 1160, "U"),
    Zone(14, "chest", BODY, 500, 1000, None, "U"),
    Zone(15, "abdomen, stretch marks or body scar", BODY, 1500, 2000, None, "C"),
    Zone(16, "scalp", EITHER, 600, 1500, None, "P"),
    Zone(17, "young or fragile scar", EITHER, 500, 1000, None, "C"),
)
BY_NUMBER: Mapping[int, Zone] = {zone.number: zone for zone in ZONES}
NEAR_EYES = frozenset(zone.number for zone in ZONES if zone.part == FACE) | {16}

# Section 3: an indication that asks for less than its zone (DEP-08).
INDICATION_CAPS_UM: Mapping[str, int] = {"IND-09": 500}
INDICATIONS = frozenset(f"IND-{number:02}" for number in range(1, 13))
