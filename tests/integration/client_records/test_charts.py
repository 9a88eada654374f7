"""A treatment's chart: protocol, end, and what the device delivered."""

import pytest

from services.client_records.domain.sessions import STOP_REASONS
from tests import people
from tests.integration.client_records.conftest import (
    CHEEK,
    PEN,
    TREATMENT,
    problem,
)


def test_the_whole_protocol_leads_to_a_completed_chart(soho):
    client_id, appointment_id = soho.a_guest()
    session_id = soho.starts(appointment_id).json["id"]
    soho.does_everything(session_id)

    answer = soho.post(f"/v1/sessions/{session_id}/complete")

    assert answer.status_code == 200
    assert answer.json["state"] == "completed"
    assert answer.json["missing_steps"] == []
    (told,) = soho.announced("client_records.session_completed.v1")
    assert told["zones"] == [CHEEK]
    assert told["reason"] is None
    shown = soho.get(f"/v1/clients/{client_id}/sessions").json["items"]
    assert [each["id"] for each in shown] == [session_id]


def test_an_incomplete_treatment_says_what_is_missing(soho):
    _, appointment_id = soho.a_guest()
    session_id = soho.starts(appointment_id).json["id"]

    answer = soho.post(f"/v1/sessions/{session_id}/complete")

    assert problem(answer) == (409, "steps-missing")
    assert answer.json["missing"][0] == "PROC-03"
    assert soho.announced("client_records.session_completed.v1") == []


def test_steps_keep_their_order(soho):
    _, appointment_id = soho.a_guest()
    session_id = soho.starts(appointment_id).json["id"]

    answer = soho.does(session_id, "PROC-08")

    assert problem(answer) == (409, "step-out-of-order")
    assert "record that first" in answer.json["detail"]


def test_chlorhexidine_never_comes_near_the_eyes(soho):
    _, appointment_id = soho.a_guest()
    session_id = soho.starts(appointment_id).json["id"]
    for step in ("PROC-03", "PROC-04"):
        assert soho.does(session_id, step).status_code == 201

    assert problem(soho.does(session_id, "PROC-08", product="chlorhexidine")) == (
        422,
        "step-blocked",
    )


def test_a_broken_off_treatment_still_disposes_of_its_cartridge(soho):
    _, appointment_id = soho.a_guest()
    session_id = soho.starts(appointment_id).json["id"]

    answer = soho.post(f"/v1/sessions/{session_id}/stop", {"reason": "wheal", "note": "left cheek"})

    assert answer.json["state"] == "stopped"
    assert answer.json["note"] == "left cheek"
    (told,) = soho.announced("client_records.session_stopped.v1")
    assert told["reason"] == "wheal"
    assert soho.does(session_id, "PROC-14").status_code == 201
    assert problem(soho.does(session_id, "PROC-10")) == (409, "session-over")
    assert problem(soho.post(f"/v1/sessions/{session_id}/complete")) == (409, "session-over")


def test_the_chart_holds_what_the_device_delivered(soho):
    _, appointment_id = soho.a_guest()
    session_id = soho.starts(appointment_id).json["id"]
    zone = {
        "zone": CHEEK,
        "seconds": 240,
        "samples": 2400,
        "depth_min_um": 480,
        "depth_median_um": 990,
        "depth_p95_um": 1010,
        "depth_max_um": 1040,
        "over_limit_permille": 0,
    }
    told = {
        "session_id": session_id,
        "clinic_id": str(people.SOHO.id),
        "device_id": str(PEN),
        "zones": [zone],
        "gaps": 0,
        "first_at": None,
        "last_at": None,
    }
    soho.hears("device_telemetry.run_summarised.v1", told, subject=session_id)

    assert soho.get(f"/v1/sessions/{session_id}").json["delivered"] == [zone]


def test_a_lot_leads_to_everybody_treated_with_it(soho):
    client_id, appointment_id = soho.a_guest()
    session_id = soho.starts(appointment_id).json["id"]
    for step in ("PROC-03", "PROC-04"):
        soho.does(session_id, step)
    soho.does(session_id, "PROC-08", lot="L-77")

    (found,) = soho.get("/v1/lots/L-77/exposure").json["items"]

    assert (found["client_id"], found["session_id"]) == (client_id, session_id)
    assert found["used_as"] == ["cartridge", "PROC-08"]
    assert soho.get("/v1/lots/L-77/exposure", people.CHARLIE).json["items"] == []


def test_front_desk_starts_no_treatment(soho):
    _, appointment_id = soho.a_guest()

    answer = soho.post("/v1/sessions", soho.treatment(appointment_id), people.BOB)

    assert answer.status_code == 403
    assert str(TREATMENT) not in answer.text


def test_the_protocol_is_shown_with_evidence_that_it_accepts(soho):
    shown = soho.get("/v1/protocol-steps").json["items"]

    assert [step["id"] for step in shown if step["automatic"]] == ["PROC-01", "PROC-02"]
    assert next(step for step in shown if step["id"] == "PROC-03")["example"] == {
        "battery_full": True,
        "seal_intact": True,
        "barrier_sleeve": True,
        "gloves": True,
    }


def test_the_zones_are_shown_with_their_caps(soho):
    shown = soho.get("/v1/zones").json["items"]

    assert [zone["id"] for zone in shown if zone["hard_um"] == 0] == ["ZON-04", "ZON-12"]


@pytest.mark.parametrize("lot", ["x" * 201, "a%00b", "a%0ab"])
def test_what_is_no_lot_leads_to_nobody(soho, lot):
    assert soho.get(f"/v1/lots/{lot}/exposure").status_code == 404


def test_a_stop_names_one_of_the_known_reasons(soho):
    _, appointment_id = soho.a_guest()
    session_id = soho.starts(appointment_id).json["id"]

    assert soho.post(f"/v1/sessions/{session_id}/stop", {"reason": "lunch"}).status_code == 422
    for reason in STOP_REASONS:
        assert reason in soho.caller.get("/openapi.json").text


def test_a_session_of_somebody_else_explains_no_side_effect(soho):
    _, appointment_id = soho.a_guest()
    session_id = soho.starts(appointment_id).json["id"]
    report = {"session_id": session_id, "signs": ["AE-01"]}

    answer = soho.post(f"/v1/clients/{soho.a_client()}/adverse-events", report)

    assert problem(answer) == (404, "session-unknown")
