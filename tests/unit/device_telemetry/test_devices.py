"""Which devices are fit: what is not known blocks."""

import itertools
from datetime import date

import pytest

from services.device_telemetry.domain import devices
from services.device_telemetry.domain.devices import (
    MODELS,
    NOT_SERVICED,
    Calibration,
    CalibrationImpossible,
    HomeUnit,
    ModelUnknown,
    Service,
    ServiceImpossible,
)

TODAY = date(2030, 1, 7)
GOOD = Calibration(date(2029, 6, 1), date(2030, 6, 1), 100)
NOT_CALIBRATED = Calibration(None, None, None)
# done and due: done today at the latest, due after that where both are known
DATES_THAT_CAN_BE = [
    (TODAY, date(2030, 1, 8)),
    (TODAY, None),
    (None, date(2029, 1, 1)),
    (None, None),
]


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
    for done, due in DATES_THAT_CAN_BE:
        devices.require_possible(Calibration(done, due, None), TODAY)
    with pytest.raises(CalibrationImpossible, match=r"lies in the future\.$"):
        devices.require_possible(Calibration(date(2030, 1, 8), date(2031, 1, 1), None), TODAY)
    with pytest.raises(CalibrationImpossible, match=r"due after the last one\.$"):
        devices.require_possible(Calibration(TODAY, TODAY, None), TODAY)


@pytest.mark.parametrize(
    "known", [Calibration(GOOD.calibrated_on, None, 100), Calibration(None, GOOD.due_on, 100)]
)
def test_half_a_calibration_is_none(known):
    assert devices.unfit_because("exceed", "idle", known, TODAY) == ["calibration_missing"]


@pytest.mark.parametrize(
    ("said_on", "disagrees"), [(None, False), (date(2029, 6, 1), False), (date(2029, 6, 2), True)]
)
def test_a_device_that_names_another_day_of_its_calibration_disagrees(said_on, disagrees):
    assert devices.disagrees(GOOD, said_on) is disagrees
    assert devices.disagrees(NOT_CALIBRATED, said_on) is (said_on is not None)


def test_a_service_that_was_agreed_holds_through_its_last_day():
    for due, reasons in ((TODAY, []), (date(2030, 1, 6), ["service_due"])):
        service = Service(date(2029, 1, 7), due)
        assert devices.unfit_because("exceed", "idle", GOOD, TODAY, service=service) == reasons
    assert devices.unfit_because("exceed", "idle", GOOD, TODAY, service=NOT_SERVICED) == []
    for done, due in DATES_THAT_CAN_BE:
        devices.require_done(Service(done, due), TODAY)
    with pytest.raises(ServiceImpossible, match=r"lies in the future\.$"):
        devices.require_done(Service(date(2030, 1, 8), date(2031, 1, 8)), TODAY)
    with pytest.raises(ServiceImpossible, match=r"due after the last one\.$"):
        devices.require_done(Service(TODAY, TODAY), TODAY)


@pytest.mark.parametrize("key", sorted(MODELS))
def test_each_missing_fact_of_each_model_blocks_with_its_own_reason(key):
    model = MODELS[key]
    limits = set()
    if model.depth_min_um is None or model.depth_max_um is None:
        limits.add("depth_limit_missing")
    worst = {
        "status": "retired",
        "calibration": NOT_CALIBRATED,
        "service": Service(date(2028, 1, 1), date(2029, 1, 1)),
        "firmware_withdrawn": True,
    }
    best = {
        "status": "idle",
        "calibration": GOOD,
        "service": Service(date(2029, 1, 1), date(2031, 1, 1)),
        "firmware_withdrawn": False,
    }
    unmeasured = {"tolerance_missing"} if model.tolerance_um is None else set()
    of = {
        "status": {"retired"},
        "calibration": {"calibration_missing"} | unmeasured,
        "service": {"service_due"},
        "firmware_withdrawn": {"firmware_withdrawn"},
    }
    for picked in itertools.product((False, True), repeat=len(best)):
        spoilt = [name for name, is_bad in zip(best, picked, strict=True) if is_bad]
        facts = best | {name: worst[name] for name in spoilt}
        status, calibration = facts.pop("status"), facts.pop("calibration")
        found = devices.unfit_because(key, status, calibration, TODAY, **facts)
        assert set(found) == limits.union(*(of[name] for name in spoilt)), spoilt
        assert found == sorted(found)


@pytest.mark.parametrize("serial", ["4AH1234", " 4ah-1234", "4A H1234", "4ADK77"])
def test_home_units_and_docks_are_not_for_clinics(serial):
    for model in ("dermapen-4", "dermapen-md"):
        with pytest.raises(HomeUnit):
            devices.require_professional(model, serial)
    devices.require_professional("exceed", serial)
    devices.require_professional("dermapen-4", "4MD1234")


def test_depths_tolerances_and_needles_are_those_of_the_clinical_tables():
    known = {
        key: (model.depth_min_um, model.depth_max_um, model.tolerance_um, model.needles)
        for key, model in MODELS.items()
    }
    assert known == {
        "skinpen-precision": (0, 2500, None, 14),
        "exceed": (0, 1500, 150, 6),
        "exceed-unlimited": (0, 1500, None, 6),
        "rejuvapen-nxt": (None, 2500, None, 12),
        "skinstylus-sterilock": (None, 2500, None, None),
        "dr-pen": (None, None, None, None),
        "pro-pen": (None, None, None, 14),
        "dermapen-4": (200, 3000, None, None),
        "dermapen-md": (250, 2500, None, 11),
        "fusion-mesopen": (300, 2000, None, None),
        "pen-platinum": (None, None, None, None),
    }
    assert [model.source for model in MODELS.values()] == [f"DEV-{n:02}" for n in range(1, 12)]


def test_speeds_are_those_of_the_clinical_tables():
    known = {
        key: (model.speed_min_rpm, model.speed_max_rpm)
        for key, model in MODELS.items()
        if (model.speed_min_rpm, model.speed_max_rpm) != (None, None)
    }
    assert known == {
        "skinpen-precision": (7000, 7000),
        "exceed": (6000, 9000),
        "exceed-unlimited": (6000, 9000),
        "dermapen-md": (None, 5400),
        "fusion-mesopen": (7980, 7980),
    }
