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


class DeviceInSession(Conflict):
    """A treatment runs with the device."""

    type = "device-busy"
    title = "The device is in use"


class HomeUnit(Rejected):
    """Made for use at home, or no needling device at all: not for a clinic."""

    type = "device-not-for-clinics"
    title = "This device is not for clinics"


class ServiceImpossible(Rejected):
    """Dates that cannot be."""

    type = "service-impossible"
    title = "The service's dates cannot be right"


class CalibrationImpossible(Rejected):
    """Dates that cannot be."""

    type = "calibration-impossible"
    title = "The calibration's dates cannot be right"


@dataclass(frozen=True, slots=True)
class Model:
    """A model's profile.  Depths and tolerance in micrometres; None: no source gives it.

    Speeds in strokes a minute, as the device's rpm.  No limit is derived from them nor from the
    needles, so what is not known of these is shown and blocks nothing.
    """

    key: str
    name: str
    depth_min_um: int | None
    depth_max_um: int | None
    tolerance_um: int | None
    needles: int | None
    source: str
    speed_min_rpm: int | None = None
    speed_max_rpm: int | None = None


MODELS: Final = {
    model.key: model
    for model in (
        Model("skinpen-precision", "SkinPen Precision", 0, 2500, None, 14, "DEV-01", 7000, 7000),
        Model("exceed", "Exceed", 0, 1500, 150, 6, "DEV-02", 6000, 9000),
        Model("exceed-unlimited", "Exceed Unlimited", 0, 1500, None, 6, "DEV-03", 6000, 9000),
        Model("rejuvapen-nxt", "Rejuvapen NXT", None, 2500, None, 12, "DEV-04"),
        Model("skinstylus-sterilock", "SkinStylus SteriLock", None, 2500, None, None, "DEV-05"),
        Model("dr-pen", "Dr. Pen (K230420)", None, None, None, None, "DEV-06"),
        Model("pro-pen", "PRO Pen (K243800)", None, None, None, 14, "DEV-07"),
        Model("dermapen-4", "Dermapen 4", 200, 3000, None, None, "DEV-08"),
        Model("dermapen-md", "Dermapen (older MD)", 250, 2500, None, 11, "DEV-09", None, 5400),
        Model("fusion-mesopen", "Fusion Mesopen", 300, 2000, None, None, "DEV-10", 7980, 7980),
        Model("pen-platinum", "Pen platinum", None, None, None, None, "DEV-11"),
    )
}


# Serial numbers of the maker of Dermapen say what a unit is for.
_DERMAPEN: Final = frozenset({"dermapen-4", "dermapen-md"})
_NOT_FOR_CLINICS: Final = {
    "4AH": "This serial number is that of a home unit. Only professional units may treat clients.",
    "4ADK": "This serial number is that of a dock. The pen's own number stands on the pen.",
}


def require_professional(model_key: str, serial: str) -> None:
    """Raise HomeUnit for a serial number that the maker gives to home units and docks."""
    if model_key not in _DERMAPEN:
        return
    bare = "".join(serial.split()).replace("-", "").upper()
    for prefix, sentence in _NOT_FOR_CLINICS.items():
        if bare.startswith(prefix):
            raise HomeUnit(sentence)


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


def require_possible(calibration: Calibration, today: date) -> None:
    """Raise CalibrationImpossible for one to come, or one that ends before it began."""
    done, due = calibration.calibrated_on, calibration.due_on
    if done and done > today:
        raise CalibrationImpossible("The calibration lies in the future.")
    if done and due and due <= done:
        raise CalibrationImpossible("The next calibration must be due after the last one.")


def disagrees(calibration: Calibration, said_on: date | None) -> bool:
    """Say whether a device names another day of its calibration than we were told of.

    No reason against its use: no source says which of the two is right, so people look.
    """
    return said_on is not None and said_on != calibration.calibrated_on


def tolerance_um(profile: Model, calibration: Calibration) -> int | None:
    """Return the tolerance: measured, else the model's, else None."""
    return profile.tolerance_um if calibration.tolerance_um is None else calibration.tolerance_um


@dataclass(frozen=True, slots=True)
class Service:
    """The last service, and when the next one is due; None: none was ever agreed."""

    serviced_on: date | None
    due_on: date | None


NOT_SERVICED: Final = Service(None, None)


def require_done(service: Service, today: date) -> None:
    """Raise ServiceImpossible for one to come, or one whose next is due before it was done."""
    done, due = service.serviced_on, service.due_on
    if done and done > today:
        raise ServiceImpossible("The service lies in the future.")
    if done and due and due <= done:
        raise ServiceImpossible("The next service must be due after the last one.")


def unfit_because(  # what is known of one device, a fact each
    model_key: str,
    status: str,
    calibration: Calibration,
    today: date,
    *,
    service: Service = NOT_SERVICED,
    firmware_withdrawn: bool = False,
) -> list[str]:
    """Return the reasons against using a device today, sorted; none means fit.

    Only a service that was agreed can be overdue: no source gives a model's interval.
    """
    reasons = [*_of_limits(model_key, calibration), *_of_dates(calibration, service, today)]
    if status == "retired":
        reasons.append("retired")
    if firmware_withdrawn:
        reasons.append("firmware_withdrawn")
    return sorted(reasons)


def _of_limits(model_key: str, calibration: Calibration) -> list[str]:
    profile = MODELS.get(model_key)
    if profile is None:
        return ["model_unknown"]
    reasons = []
    if profile.depth_max_um is None or profile.depth_min_um is None:
        reasons.append("depth_limit_missing")
    if tolerance_um(profile, calibration) is None:
        reasons.append("tolerance_missing")
    return reasons


def _of_dates(calibration: Calibration, service: Service, today: date) -> list[str]:
    reasons = []
    if calibration.calibrated_on is None or calibration.due_on is None:
        reasons.append("calibration_missing")
    elif calibration.due_on < today:
        reasons.append("calibration_due")
    if service.due_on is not None and service.due_on < today:
        reasons.append("service_due")
    return reasons
