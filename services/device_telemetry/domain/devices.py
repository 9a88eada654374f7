"""Which devices may be used, by what is known of their model and their calibration.

Model facts are those of the clinical tables, section 9.  What no source gives stays None, and
blocks use until a calibration has measured it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.errors import Conflict, NotFound, Rejected


class ModelUnknown(Rejected):
    """No profile: no depth limit, so no use."""

    type = "model-unknown"
    title = "This model is not known"


class DeviceUnknown(NotFound):
    """No such device in the caller's clinics."""

    type = "device-unknown"
    title = "No such device"


class DeviceRetired(Conflict):
    """A retired device stays retired."""

    type = "device-retired"
    title = "This device is retired"


class CalibrationImpossible(Rejected):
    """Dates that cannot be."""

    type = "calibration-impossible"
    title = "The calibration's dates cannot be right"


@dataclass(frozen=True, slots=True)
class Model:
    """A model's profile.  Depths and tolerance in micrometres; None: no source gives it."""

    key: str
    name: str
    depth_min_um: int | None
    depth_max_um: int | None
    tolerance_um: int | None
    needles: int | None
    source: str


MODELS: Final = {
    model.key: model
    for model in (
        Model("skinpen-precision", "SkinPen Precision", 0, 2500, None, 14, "DEV-01"),
        Model("exceed", "Exceed", 0, 1500, 150, 6, "DEV-02"),
        Model("exceed-unlimited", "Exceed Unlimited", 0, 1500, None, 6, "DEV-03"),
        Model("rejuvapen-nxt", "Rejuvapen NXT", None, 2500, None, 12, "DEV-04"),
        Model("skinstylus-sterilock", "SkinStylus SteriLock", None, 2500, None, None, "DEV-05"),
        Model("dr-pen", "Dr. Pen (K230420)", None, None, None, None, "DEV-06"),
        Model("pro-pen", "PRO Pen (K243800)", None, None, None, 14, "DEV-07"),
        Model("dermapen-4", "Dermapen 4", 200, 3000, None, None, "DEV-08"),
        Model("dermapen-md", "Dermapen (older MD)", 250, 2500, None, 11, "DEV-09"),
        Model("fusion-mesopen", "Fusion Mesopen", 300, 2000, None, None, "DEV-10"),
        Model("pen-platinum", "Pen platinum", None, None, None, None, "DEV-11"),
    )
}


def model(key: str) -> Model:
    """Return a profile.  Raises ModelUnknown."""
    if key not in MODELS:
        raise ModelUnknown("We know no such model. The list of models has all that we know.")
    return MODELS[key]


@dataclass(frozen=True, slots=True)
class Calibration:
    """The last calibration, until when it holds, and the tolerance that it measured."""

    calibrated_on: date | None
    due_on: date | None
    tolerance_um: int | None


NOT_CALIBRATED: Final = Calibration(None, None, None)


def require_possible(calibration: Calibration, today: date) -> None:
    """Raise CalibrationImpossible for one to come, or one that ends before it began."""
    done, due = calibration.calibrated_on, calibration.due_on
    if done and done > today:
        raise CalibrationImpossible("The calibration lies in the future.")
    if done and due and due <= done:
        raise CalibrationImpossible("The next calibration must be due after the last one.")


def tolerance_um(profile: Model, calibration: Calibration) -> int | None:
    """Return the tolerance: measured, else the model's, else None."""
    return profile.tolerance_um if calibration.tolerance_um is None else calibration.tolerance_um


def unfit_because(model_key: str, status: str, calibration: Calibration, today: date) -> list[str]:
    """Return the reasons against using a device today, sorted; none means fit."""
    profile = MODELS.get(model_key)
    reasons = []
    if status == "retired":
        reasons.append("retired")
    if profile is None:
        reasons.append("model_unknown")
    else:
        if profile.depth_max_um is None or profile.depth_min_um is None:
            reasons.append("depth_limit_missing")
        if tolerance_um(profile, calibration) is None:
            reasons.append("tolerance_missing")
    if calibration.calibrated_on is None or calibration.due_on is None:
        reasons.append("calibration_missing")
    elif calibration.due_on < today:
        reasons.append("calibration_due")
    return sorted(reasons)
