"""Which devices are fit: what is not known blocks."""

from datetime import date

import pytest

from services.device_telemetry.domain import devices
from services.device_telemetry.domain.devices import (
    MODELS,
    NOT_CALIBRATED,
    Calibration,
    CalibrationImpossible,
    ModelUnknown,
)

TODAY = date(2030, 1, 7)
GOOD = Calibration(date(2029, 6, 1), date(2030, 6, 1), 100)


def test_a_calibrated_device_of_a_known_model_is_fit():
    assert devices.unfit_because("dermapen-4", "idle", GOOD, TODAY) == []


def test_a_model_without_a_depth_limit_is_never_fit():
    for key, model in MODELS.items():
        reasons = devices.unfit_because(key, "idle", GOOD, TODAY)
        unknown = model.depth_max_um is None or model.depth_min_um is None
        assert ("depth_limit_missing" in reasons) == unknown, key


def test_a_tolerance_is_measured_or_the_models_or_blocks():
    unmeasured = Calibration(GOOD.calibrated_on, GOOD.due_on, None)
    assert devices.unfit_because("exceed", "idle", unmeasured, TODAY) == []
    blocked = devices.unfit_because("skinpen-precision", "idle", unmeasured, TODAY)
    assert blocked == ["tolerance_missing"]
    assert devices.tolerance_um(MODELS["exceed"], unmeasured) == 150
    assert devices.tolerance_um(MODELS["exceed"], Calibration(None, None, 0)) == 0


def test_a_calibration_holds_through_its_last_day():
    last = Calibration(GOOD.calibrated_on, TODAY, 100)
    assert devices.unfit_because("exceed", "idle", last, TODAY) == []
    over = Calibration(GOOD.calibrated_on, date(2030, 1, 6), 100)
    assert devices.unfit_because("exceed", "idle", over, TODAY) == ["calibration_due"]


def test_no_calibration_an_unknown_model_and_retirement_block():
    assert devices.unfit_because("exceed", "idle", NOT_CALIBRATED, TODAY) == ["calibration_missing"]
    assert devices.unfit_because("toy", "retired", GOOD, TODAY) == ["model_unknown", "retired"]
    with pytest.raises(ModelUnknown):
        devices.model("toy")


def test_a_calibration_lies_in_the_past_and_ends_after_it_was_done():
    devices.require_possible(Calibration(TODAY, date(2030, 1, 8), None), TODAY)
    with pytest.raises(CalibrationImpossible):
        devices.require_possible(Calibration(date(2030, 1, 8), date(2031, 1, 1), None), TODAY)
    with pytest.raises(CalibrationImpossible):
        devices.require_possible(Calibration(TODAY, TODAY, None), TODAY)
