"""A treatment starts only when everything stands behind it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared import clock, db, ids
from tests import people
from tests.integration.client_records.conftest import (
    ABDOMEN,
    CHEEK,
    EYELID,
    FOREHEAD,
    problem,
)


def test_a_treatment_starts_with_limits_for_the_device(soho):
    client_id, appointment_id = soho.a_guest()

    answer = soho.starts(appointment_id)

    assert answer.status_code == 201
    assert answer.json["state"] == "running"
    assert [step["step"] for step in answer.json["steps"]] == ["PROC-01", "PROC-02"]
    (told,) = soho.announced("client_records.session_started.v1")
    assert told["session_id"] == answer.json["id"]
    assert told["client_id"] == client_id
    assert told["limits"] == [{"zone": CHEEK, "depth_um": 1000, "limit_um": 1150, "passes": 2}]


def test_an_appointment_that_nobody_knows_cannot_start(soho):
    assert problem(soho.starts(str(ids.new()))) == (404, "appointment-unknown")


def test_a_client_who_is_not_checked_in_is_not_treated(soho):
    client_id = soho.a_client()
    appointment_id = soho.books(client_id)
    soho.answers(client_id, appointment_id)
    soho.signs(client_id, appointment_id)

    assert problem(soho.starts(appointment_id)) == (409, "not-arrived")


def test_without_a_signed_consent_nothing_starts(soho):
    client_id = soho.a_client()
    appointment_id = soho.books(client_id, "arrived")
    soho.answers(client_id, appointment_id)

    assert problem(soho.starts(appointment_id)) == (409, "consent-missing")


def test_a_consent_for_another_procedure_does_not_count(soho):
    _, appointment_id = soho.a_guest()
    soho.books(
        soho.get("/v1/clients", people.ALICE).json["items"][0]["id"],
        "changed",
        appointment_id=appointment_id,
        version=2,
        status="arrived",
        treatment_id=str(ids.new()),
    )

    answer = soho.starts(appointment_id)

    assert problem(answer) == (409, "consent-missing")
    assert "another procedure" in answer.json["detail"]


def test_without_a_screening_nothing_starts(soho):
    client_id = soho.a_client()
    appointment_id = soho.books(client_id, "arrived")
    soho.signs(client_id, appointment_id)

    assert problem(soho.starts(appointment_id)) == (409, "screening-required")


def test_yesterdays_screening_is_asked_again_at_check_in(soho):
    _, appointment_id = soho.a_guest()
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run(
            "UPDATE client_records.screenings SET answered_at = answered_at - interval '25 hours'"
        )

    assert problem(soho.starts(appointment_id)) == (409, "screening-required")


def test_a_screening_that_waits_for_a_clinician_holds_the_treatment(soho):
    client_id, appointment_id = soho.a_guest()
    screening = soho.answers(client_id, appointment_id, epilepsy=True)
    assert screening["outcome"] == "review"

    assert problem(soho.starts(appointment_id)) == (409, "screening-required")

    lifted = {"rule": "SCR-29", "reason": "seizure-free", "letter_id": str(ids.new())}
    answer = soho.post(f"/v1/screenings/{screening['id']}/overrides", lifted)
    assert answer.json["outcome"] == "clear"
    assert soho.starts(appointment_id).status_code == 201


def test_a_screening_that_refuses_stops_the_treatment(soho):
    client_id, appointment_id = soho.a_guest()
    soho.answers(client_id, appointment_id, keloid=True)

    answer = soho.starts(appointment_id)

    assert problem(answer) == (409, "screening-refused")
    assert answer.json["rules"] == ["SCR-08"]


def test_a_treatment_that_starts_too_early_for_the_skin_is_told_when(soho):
    client_id, appointment_id = soho.a_guest()
    last = (clock.now() - timedelta(hours=1)).isoformat()
    soho.answers(client_id, appointment_id, topical_retinoid={"used": True, "last": last})

    answer = soho.starts(appointment_id)

    assert problem(answer) == (409, "screening-refused")
    assert answer.json["not_before"].startswith(f"{clock.now() + timedelta(hours=23):%Y-%m-%d}")


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_until": "2020-01-01"},
        {"valid_until": None},
        {"max_depth_face_um": None},
        {"max_depth_face_um": 500},
        {"active": False},
    ],
)
def test_a_credential_that_does_not_cover_the_plan_blocks(soho, changes):
    _, appointment_id = soho.a_guest()
    soho.employs(**changes)

    assert problem(soho.starts(appointment_id)) == (409, "credential-missing")


def test_nobody_treats_on_a_credential_that_is_not_theirs(soho):
    _, appointment_id = soho.a_guest()

    answer = soho.starts(appointment_id, practitioner_id=str(ids.new()))

    assert problem(answer) == (403, "practitioner-differs")


def test_a_practitioner_without_a_credential_here_does_not_treat(soho):
    client_id = soho.a_client()
    stranger = str(ids.new())
    appointment_id = soho.books(client_id, "arrived", practitioner_id=stranger)
    soho.answers(client_id, appointment_id)
    soho.signs(client_id, appointment_id)

    answer = soho.starts(appointment_id, practitioner_id=stranger)

    assert problem(answer) == (409, "credential-missing")


def test_an_unfit_device_is_not_used(soho):
    _, appointment_id = soho.a_guest()
    soho.owns(fit=False, reasons=["calibration_due"])

    answer = soho.starts(appointment_id)

    assert problem(answer) == (409, "device-unfit")
    assert answer.json["reasons"] == ["calibration_due"]


def test_a_device_that_has_moved_is_not_used_where_it_was(soho):
    """The clinic that it left hears it, in a transaction that sees only that clinic."""
    _, appointment_id = soho.a_guest()
    soho.owns(status="offline", fit=False, reasons=["moved"])
    soho.owns(clinic=people.LISBON)

    answer = soho.starts(appointment_id)

    assert problem(answer) == (409, "device-unfit")
    assert answer.json["reasons"] == ["moved"]


def test_another_clinics_device_is_not_known_here(soho):
    _, appointment_id = soho.a_guest()
    elsewhere = ids.new()
    soho.owns(elsewhere, clinic=people.LISBON)

    answer = soho.starts(appointment_id, device_id=str(elsewhere))

    assert problem(answer) == (409, "device-unfit")


def test_an_expired_cartridge_is_not_used(soho):
    _, appointment_id = soho.a_guest()
    cartridge = {"lot": "L-1", "serial": "old", "expires_on": "2020-01-01"}

    answer = soho.starts(appointment_id, cartridge=cartridge)

    assert problem(answer) == (422, "cartridge-expired")


def test_a_cartridge_serves_one_client_once(soho):
    cartridge = {"lot": "L-1", "serial": "once", "expires_on": "2099-01-01"}
    _, first = soho.a_guest()
    _, second = soho.a_guest()
    session_id = soho.starts(first, cartridge=cartridge).json["id"]
    assert soho.post(f"/v1/sessions/{session_id}/stop", {"reason": "other"}).status_code == 200

    assert problem(soho.starts(second, cartridge=cartridge)) == (409, "cartridge-used")


def test_a_cartridge_used_in_another_clinic_is_refused_too(soho):
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run(
            "INSERT INTO client_records.cartridge_uses VALUES ('L-1', 'far', %(clinic)s, %(id)s)",
            {"clinic": people.LISBON.id, "id": ids.new()},
        )
    _, appointment_id = soho.a_guest()
    cartridge = {"lot": "L-1", "serial": "far", "expires_on": "2099-01-01"}

    answer = soho.starts(appointment_id, cartridge=cartridge)

    assert problem(answer) == (409, "cartridge-used")


def test_of_eight_treatments_with_one_cartridge_one_starts(soho):
    cartridge = {"lot": "L-1", "serial": "raced", "expires_on": "2099-01-01"}
    guests = [(soho.a_guest()[1], ids.new()) for _ in range(8)]
    for _, pen in guests:
        soho.owns(pen)

    with ThreadPoolExecutor(8) as callers:
        answers = list(
            callers.map(
                lambda one: soho.starts(one[0], device_id=str(one[1]), cartridge=cartridge), guests
            )
        )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


def test_of_eight_starts_of_one_appointment_one_counts(soho):
    _, appointment_id = soho.a_guest()
    wanted = [soho.treatment(appointment_id) for _ in range(8)]

    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda body: soho.post("/v1/sessions", body), wanted))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert len(soho.announced("client_records.session_started.v1")) == 1


@pytest.mark.parametrize(
    ("zone", "depth_um", "refusal"),
    [
        (EYELID, 200, (422, "zone-blocked")),
        (FOREHEAD, 650, (422, "depth-over-cap")),
        (CHEEK, 1400, (422, "depth-over-cap")),
        (CHEEK, 1100, (422, "reason-missing")),
    ],
)
def test_a_plan_that_is_too_deep_is_refused(soho, zone, depth_um, refusal):
    _, appointment_id = soho.a_guest()
    plan = [{"zone": zone, "depth_um": depth_um, "passes": 1}]

    assert problem(soho.starts(appointment_id, plan=plan)) == refusal


def test_deeper_than_usual_is_possible_with_a_reason_on_the_chart(soho):
    _, appointment_id = soho.a_guest()
    plan = [{"zone": CHEEK, "depth_um": 1300, "passes": 1, "reason": "deep boxcar scars"}]

    answer = soho.starts(appointment_id, plan=plan)

    assert answer.json["limits"][0] == {
        "zone": CHEEK,
        "depth_um": 1300,
        "limit_um": 1450,
        "passes": 1,
        "warnings": ["DEP-02", "DEP-03"],
        "reason": "deep boxcar scars",
    }


def test_stable_rosacea_caps_the_depth_even_when_a_clinician_agrees(soho):
    client_id, appointment_id = soho.a_guest()
    flare = {"used": True, "last": "2020-01-01"}
    given = soho.answers(client_id, appointment_id, rosacea="stable", rosacea_last_flare=flare)
    lift = {"rule": "SCR-19", "reason": "settled for years"}
    assert soho.post(f"/v1/screenings/{given['id']}/overrides", lift).json["outcome"] == "clear"

    answer = soho.starts(appointment_id)
    assert problem(answer) == (422, "depth-over-cap")
    shallow = [{"zone": CHEEK, "depth_um": 500, "passes": 1}]
    assert soho.starts(appointment_id, plan=shallow).status_code == 201


def test_a_tattooed_zone_is_left_out(soho):
    client_id, appointment_id = soho.a_guest()
    soho.answers(client_id, appointment_id, tattooed_zones=[CHEEK])

    assert problem(soho.starts(appointment_id)) == (422, "zone-blocked")


def test_melasma_is_needled_no_deeper_than_its_own_cap(soho):
    client_id = soho.a_client()
    appointment_id = soho.books(client_id, "arrived", indication="IND-09")
    soho.answers(client_id, appointment_id)
    soho.signs(client_id, appointment_id)

    assert problem(soho.starts(appointment_id)) == (422, "depth-over-cap")


def test_the_body_allows_more(soho):
    _, appointment_id = soho.a_guest()
    plan = [{"zone": ABDOMEN, "depth_um": 1500, "passes": 1}]

    answer = soho.starts(appointment_id, plan=plan)

    assert answer.json["limits"][0]["limit_um"] == 1650


def test_the_same_request_again_gives_the_same_session(soho):
    _, appointment_id = soho.a_guest()
    body = soho.treatment(appointment_id)

    first = soho.post("/v1/sessions", body, **{"Idempotency-Key": "start-1"})
    again = soho.post("/v1/sessions", body, **{"Idempotency-Key": "start-1"})

    assert first.status_code == again.status_code == 201
    assert first.json == again.json
    assert len(soho.announced("client_records.session_started.v1")) == 1
