"""The zones of the skin by their names."""

from typing import Final

ZONES: Final = {  # by their numbers in the clinical rules
    0: "In the air",
    1: "Forehead",
    2: "Glabella",
    3: "Periorbital",
    4: "Eyelid",
    5: "Temple",
    6: "Nose",
    7: "Cheekbone",
    8: "Cheek",
    9: "Upper lip",
    10: "Chin and jaw",
    11: "Facial scar",
    12: "Lip, mucosa or eye",
    13: "Neck",
    14: "Chest",
    15: "Abdomen",
    16: "Scalp",
    17: "Young or fragile scar",
}


def zone(number: int) -> str:
    """Return a zone's name."""
    return ZONES.get(number, f"Zone {number}")
