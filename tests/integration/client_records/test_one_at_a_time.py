"""A device, and a client, are in one running treatment at a time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import psycopg2
import pytest

from shared import db, ids
from tests import people
from tests.integration.client_records.conftest import PEN, problem


def test_a_device_that_treats_somebody_is_not_given_to_the_next(soho):
    _, first = soho.a_guest()
    _, second = soho.a_guest()
    running = soho.starts(first).json

    answer = soho.starts(second)

    assert problem(answer) == (409, "device-busy")
    assert answer.json["session_id"] == running["id"]
    assert "Pen 3" in answer.json["detail"]
    assert len(soho.announced("client_records.session_started.v1")) == 1


@pytest.mark.parametrize("ending", ["complete", "stop"])
def test_a_device_is_free_again_when_the_treatment_has_ended(soho, ending):
    _, first = soho.a_guest()
    _, second = soho.a_guest()
    session_id = soho.starts(first).json["id"]
    if ending == "complete":
        soho.does_everything(session_id)
    body = {"reason": "other"} if ending == "stop" else None
    assert soho.post(f"/v1/sessions/{session_id}/{ending}", body).status_code == 200

    assert soho.starts(second).status_code == 201


def test_another_device_may_be_taken_meanwhile(soho):
    _, first = soho.a_guest()
    _, second = soho.a_guest()
    another = ids.new()
    soho.owns(another, name="Pen 4")
    assert soho.starts(first).status_code == 201

    assert soho.starts(second, device_id=str(another)).status_code == 201


def test_a_client_is_in_one_treatment_at_a_time(soho):
    client_id, first = soho.a_guest()
    second = soho.books(client_id, "arrived")
    soho.answers(client_id, second)
    soho.signs(client_id, second)
    another = ids.new()
    soho.owns(another, name="Pen 4")
    running = soho.starts(first).json

    answer = soho.starts(second, device_id=str(another))

    assert problem(answer) == (409, "client-busy")
    assert answer.json["session_id"] == running["id"]


def test_a_refused_start_leaves_its_cartridge_unused(soho):
    _, first = soho.a_guest()
    _, second = soho.a_guest()
    session_id = soho.starts(first).json["id"]
    wanted = soho.treatment(second)
    assert problem(soho.post("/v1/sessions", wanted)) == (409, "device-busy")
    soho.post(f"/v1/sessions/{session_id}/stop", {"reason": "other"})

    assert soho.post("/v1/sessions", wanted).status_code == 201


def test_a_device_that_another_clinic_still_treats_with_is_busy_too(soho):
    """Row-level security hides the other session from the question, not from the index."""
    _, first = soho.a_guest()
    _, second = soho.a_guest()
    assert soho.starts(first).status_code == 201
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run(
            "UPDATE client_records.sessions SET clinic_id = %(clinic)s",
            {"clinic": people.LISBON.id},
        )

    answer = soho.starts(second)

    assert problem(answer) == (409, "device-busy")
    assert "session_id" not in answer.json


def test_of_eight_treatments_with_one_device_one_starts(soho):
    guests = [soho.a_guest()[1] for _ in range(8)]

    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(soho.starts, guests))

    assert sorted(problem(answer)[1] for answer in answers if answer.status_code != 201) == (
        ["device-busy"] * 7
    )
    assert len(soho.announced("client_records.session_started.v1")) == 1


def test_the_database_itself_refuses_a_second_running_session(soho, dsn):
    _, first = soho.a_guest()
    assert soho.starts(first).status_code == 201
    connection = psycopg2.connect(dsn("client_records"))
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('needlepoint.clinics', '*', false)")
            with pytest.raises(psycopg2.errors.UniqueViolation, match="one_running_a_device"):
                cursor.execute(COPY, {"id": ids.new(), "device": PEN})
    finally:
        connection.close()


def test_what_was_left_running_before_the_rule_ends_and_the_youngest_goes_on(soho, admin_dsn):
    _, first = soho.a_guest()
    older = soho.starts(first).json["id"]
    younger = ids.new()
    connection = psycopg2.connect(admin_dsn)
    try:
        with connection.cursor() as cursor:
            for index in ("device", "client"):
                cursor.execute(f"DROP INDEX client_records.sessions_one_running_a_{index}")
            cursor.execute(COPY, {"id": younger, "device": ids.new()})
            cursor.execute(MIGRATION.read_text(encoding="utf-8"))
            cursor.execute("SELECT id, state FROM client_records.sessions")
            assert dict(cursor.fetchall()) == {UUID(older): "stopped", younger: "running"}
    finally:
        connection.rollback()
        connection.close()


MIGRATION = Path("services/client_records/migrations/0005_one_session_at_a_time.sql")
COPY = """
INSERT INTO client_records.sessions (
    id, clinic_id, appointment_id, client_id, treatment_id, practitioner_id, device_id,
    cartridge_lot, cartridge_serial, cartridge_expires_on, screening_id, consent_id, plan, details,
    state, started_at, started_by
)
SELECT
    %(id)s::uuid, clinic_id, %(id)s::uuid, client_id, treatment_id, practitioner_id,
    %(device)s::uuid, cartridge_lot, cartridge_serial, cartridge_expires_on, screening_id,
    consent_id, plan, details, state, started_at, started_by
FROM client_records.sessions
"""
