"""How deep, where, by whom and with what: caps worked by hand from the zone table."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.client_records.domain import devices
from services.client_records.domain.findings import Finding
from services.client_records.domain.plans import (
    Bounds,
    Credential,
    CredentialMissing,
    DepthOverCap,
    Pass,
    ReasonMissing,
    ZoneBlocked,
    ZonePlannedTwice,
    indication_cap_um,
    limits,
    require_credential,
)
from services.client_records.domain.rules import Effects, Override, Severity
from services.client_records.domain.zones import BY_NUMBER, ZONES

FOREHEAD, GLABELLA, EYELID, NOSE, CHEEK, LIPS, NECK, ABDOMEN, SCALP = 1, 2, 4, 6, 8, 12, 13, 15, 16
NURSE = Credential(1500, 2000, date(2099, 12, 31), active=True)
BEAUTICIAN = Credential(500, 1000, date(2099, 12, 31), active=True)  # VTCT level 4
NOTHING_KNOWN = Credential(None, None, date(2099, 12, 31), active=True)


def bounds(**changes):
    usual = {"credential": NURSE, "model": "Exceed", "indication": "IND-01", "findings": ()}
    return Bounds(**usual | changes)


def planned(zone, depth_um, reason="asked for", **changes):
    (limit,) = limits([Pass(zone, depth_um, 2, reason)], bounds(**changes))
    return limit


def a_finding(**changes):
    usual = {
        "rule": "SCR-19",
        "severity": Severity.WARN,
        "reason": "Stable rosacea.",
        "override": Override.CLINICIAN,
    }
    return Finding(**usual | changes)


def test_there_are_seventeen_zones_and_two_are_never_needled():
    assert [zone.number for zone in ZONES] == list(range(1, 18))
    assert [zone.id for zone in ZONES if zone.hard_um == 0] == ["ZON-04", "ZON-12"]


def test_a_default_is_never_above_the_hard_cap():
    assert all(zone.default_um <= zone.hard_um for zone in ZONES)


def test_no_cap_on_the_face_is_above_a_millimetre_and_a_half():
    assert max(zone.hard_um for zone in ZONES if zone.part == "face") == 1500


def test_forehead_at_650_is_too_deep_with_the_devices_tolerance():  # T2
    with pytest.raises(DepthOverCap, match="Forehead: 650 µm is planned"):
        planned(FOREHEAD, 650)


def test_forehead_at_exactly_the_cap_less_the_tolerance_passes():
    assert planned(FOREHEAD, 600).limit_um == 750


def test_a_beautician_may_not_needle_a_cheek_at_750():  # T3
    with pytest.raises(CredentialMissing, match="credential is 500 µm"):
        planned(CHEEK, 750, credential=BEAUTICIAN)


@pytest.mark.parametrize("zone", [CHEEK, ABDOMEN, NECK])
def test_an_unknown_depth_allows_nothing(zone):
    with pytest.raises(CredentialMissing, match="not known"):
        planned(zone, 100, credential=NOTHING_KNOWN)


def test_where_face_and_body_meet_the_lower_depth_counts():
    with pytest.raises(CredentialMissing):
        planned(NECK, 600, credential=BEAUTICIAN)
    assert planned(NECK, 500, credential=BEAUTICIAN).limit_um == 650


@pytest.mark.parametrize("zone", [EYELID, LIPS])
def test_eyelids_and_lips_are_never_needled(zone):
    with pytest.raises(ZoneBlocked, match="never needled"):
        planned(zone, 1)


def test_a_zone_with_a_tattoo_is_left_out():
    with pytest.raises(ZoneBlocked):
        planned(CHEEK, 500, findings=(a_finding(zones=(CHEEK,)),))
    assert planned(NOSE, 250, findings=(a_finding(zones=(CHEEK,)),)).zone == NOSE


def test_a_findings_cap_holds_even_when_it_was_lifted():
    capped = a_finding(effects=Effects(depth_cap_um=500), lifted=True)
    with pytest.raises(DepthOverCap, match="SCR-19"):
        planned(CHEEK, 600, findings=(capped,))
    assert planned(CHEEK, 500, findings=(capped,)).depth_um == 500


def test_the_lowest_cap_of_an_indication_counts_while_nobody_knows_which():
    assert indication_cap_um(None) == indication_cap_um("IND-99") == 500
    assert indication_cap_um("IND-01") is None
    with pytest.raises(DepthOverCap):
        planned(CHEEK, 600, indication=None)


def test_the_device_reaches_only_so_deep():
    with pytest.raises(DepthOverCap, match="reach"):
        planned(ABDOMEN, 1600, model="amiea Exceed")
    assert planned(ABDOMEN, 1600, model="skinpen-precision").limit_um == 1750


def test_a_device_without_a_row_has_the_known_tolerance():
    assert devices.profile_of("Pen 4") is None
    assert devices.tolerance_um("Pen 4") == 150


def test_deeper_than_usual_needs_a_reason():
    with pytest.raises(ReasonMissing, match="usual 500 µm"):
        planned(GLABELLA, 501, reason=None)
    assert planned(GLABELLA, 500, reason=None).warnings == ()
    assert planned(GLABELLA, 501).warnings == ("DEP-02",)


def test_deeper_than_the_skin_is_thick_warns_too():
    assert planned(CHEEK, 1100).warnings == ("DEP-02", "DEP-03")


def test_a_zone_is_planned_once():
    with pytest.raises(ZonePlannedTwice, match="cheek"):
        limits([Pass(CHEEK, 500, 1), Pass(CHEEK, 600, 1)], bounds())


@pytest.mark.parametrize(
    "credential",
    [
        None,
        Credential(1500, 2000, None, active=True),
        Credential(1500, 2000, date(2030, 1, 6), active=True),
        Credential(1500, 2000, date(2099, 1, 1), active=False),
    ],
)
def test_a_credential_that_is_missing_or_over_blocks(credential):
    with pytest.raises(CredentialMissing):
        require_credential(credential, date(2030, 1, 7))


def test_a_credential_serves_through_its_last_day():
    last_day = Credential(1500, 2000, date(2030, 1, 7), active=True)
    assert require_credential(last_day, date(2030, 1, 7)) is last_day


@given(
    zone=st.sampled_from([zone.number for zone in ZONES]),
    depth_um=st.integers(1, 3000),
    face=st.none() | st.integers(0, 3000),
    body=st.none() | st.integers(0, 3000),
    cap=st.none() | st.integers(0, 1500),
    indication=st.sampled_from([None, "IND-01", "IND-09"]),
    model=st.sampled_from(["Exceed", "SkinPen", "no name"]),
)
def test_whatever_is_allowed_is_under_every_cap(zone, depth_um, face, body, cap, indication, model):
    credential = Credential(face, body, date(2099, 1, 1), active=True)
    findings = () if cap is None else (a_finding(effects=Effects(depth_cap_um=cap)),)
    within = bounds(credential=credential, findings=findings, indication=indication, model=model)
    try:
        (limit,) = limits([Pass(zone, depth_um, 1, "asked for")], within)
    except (DepthOverCap, CredentialMissing, ZoneBlocked):
        return
    known = BY_NUMBER[zone]
    assert limit.depth_um <= limit.limit_um <= known.hard_um
    assert limit.limit_um == depth_um + devices.tolerance_um(model)
    assert depth_um <= credential.reaches_um(known)
    assert cap is None or depth_um <= cap
    assert indication == "IND-01" or depth_um <= 500
