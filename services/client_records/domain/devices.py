"""Section 9 of the clinical rules: needling devices, found by the model's name."""

from dataclasses import dataclass

# The only tolerance on a label (Exceed).  A model without a labelled one is taken to be no better.
TOLERANCE_UM = 150


@dataclass(frozen=True, slots=True)
class Profile:
    """A model.  `max_depth_um` is what its needles reach; None: not found in any source."""

    id: str
    name: str  # part of the model's name, lower case
    max_depth_um: int | None
    tolerance_um: int = TOLERANCE_UM


PROFILES: tuple[Profile, ...] = (
    Profile("DEV-01", "skinpen", 2500),
    Profile("DEV-02", "exceed", 1500),
    Profile("DEV-04", "rejuvapen", 2500),
    Profile("DEV-05", "skinstylus", 2500),
    Profile("DEV-08", "dermapen", 3000),
    Profile("DEV-10", "mesopen", 2000),
)


def tolerance_um(model: str) -> int:
    """Return by how much the device may needle deeper than it was set."""
    profile = profile_of(model)
    return profile.tolerance_um if profile else TOLERANCE_UM


def profile_of(model: str) -> Profile | None:
    """Return the profile of a model, None for one without a row."""
    return next((p for p in PROFILES if p.name in model.lower()), None)
