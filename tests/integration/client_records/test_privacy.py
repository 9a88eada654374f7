"""A clinic sees its own, headquarters sees no record, and no name leaves by the back door."""

import pytest

from shared import ids
from tests import people
from tests.integration.client_records.conftest import TREATMENT, problem, wanted_client

CANARIES = {
    "given_name": "Zanzibella",
    "family_name": "Quetzalcanary",
    "email": "zz.canary@example.com",
    "phone": "+351987654321",
}
NOTE, REASON, SIGNATURE = "canary-note-1", "canary-reason-2", "canary-signature-3"


def reads(client_id, screening_id, session_id):
    yield f"/v1/clients/{client_id}"
    yield f"/v1/clients/{client_id}/screenings"
    yield f"/v1/clients/{client_id}/consents"
    yield f"/v1/clients/{client_id}/sessions"
    yield f"/v1/clients/{client_id}/adverse-events"
    yield f"/v1/clients/{client_id}/accesses"
    yield f"/v1/clients/{client_id}/export"
    yield f"/v1/screenings/{screening_id}"
    yield f"/v1/sessions/{session_id}"
    yield f"/v1/clinics/{people.SOHO.id}/access-chain"


def a_whole_story(soho):
    """Let everything happen to one client; return client, screening and session."""
    client_id = soho.a_client(**CANARIES)
    appointment_id = soho.books(client_id, "arrived")
    screening = soho.answers(client_id, appointment_id, eczema_history=True)
    lift = {"rule": "SCR-17", "reason": REASON}
    soho.post(f"/v1/screenings/{screening['id']}/overrides", lift)
    soho.signs(client_id, appointment_id, signature=SIGNATURE)
    session_id = soho.starts(appointment_id).json["id"]
    soho.does_everything(session_id)
    soho.does(session_id, "PROC-16", what_happened=NOTE)
    assert soho.post(f"/v1/sessions/{session_id}/complete").status_code == 200
    report = {"session_id": session_id, "signs": ["TRI-05"], "note": NOTE}
    soho.post(f"/v1/clients/{client_id}/adverse-events", report)
    soho.post("/v1/clients", wanted_client(**CANARIES), people.BOB)
    soho.get("/v1/clients?query=quetzal")
    return client_id, screening["id"], session_id


def test_charlie_sees_nothing_of_soho(soho):
    for path in reads(*a_whole_story(soho)):
        assert soho.get(path).status_code == 200, path
        assert soho.get(path, people.CHARLIE).status_code == 404, path
    assert soho.get("/v1/clients", people.CHARLIE).json["items"] == []
    for query in (CANARIES["email"], "quetzal"):
        assert soho.get(f"/v1/clients?query={query}", people.CHARLIE).json["items"] == []


def test_charlie_changes_nothing_of_soho(soho):
    client_id, screening_id, session_id = a_whole_story(soho)
    treats = {"roles": ["practitioner", "clinic_manager"]}
    charlie = soho.caller.as_(people.CHARLIE, **treats)
    appointment_id = soho.books(soho.a_client(), "arrived")
    override = {"rule": "SCR-17", "reason": "x"}
    step = {"step": "PROC-16", "evidence": {"what_happened": "x"}}
    screening = {"treatment_id": str(TREATMENT), "answers": {}}

    for path, body in [
        (f"/v1/clients/{client_id}/erasure", None),
        (f"/v1/clients/{client_id}/screenings", screening),
        (f"/v1/clients/{client_id}/adverse-events", {"signs": ["AE-01"]}),
        (f"/v1/screenings/{screening_id}/overrides", override),
        (f"/v1/sessions/{session_id}/steps", step),
        (f"/v1/sessions/{session_id}/complete", None),
        (f"/v1/sessions/{session_id}/stop", {"reason": "other"}),
        ("/v1/sessions", soho.treatment(appointment_id)),
        ("/v1/clients", wanted_client()),
    ]:
        assert charlie.post(path, json=body).status_code == 404, path
    changed = charlie.patch(
        f"/v1/clients/{client_id}", json={"locale": "en"}, headers={"If-Match": '"1"'}
    )
    assert changed.status_code == 404


@pytest.mark.parametrize("who", [people.HANNA, people.ANA])
def test_headquarters_reads_no_record(soho, who):
    for path in (
        *reads(ids.new(), ids.new(), ids.new()),
        "/v1/clients",
        "/v1/clients?query=silva",
        "/v1/lots/L-77/exposure",
    ):
        assert problem(soho.get(path, who))[0] == 403, path


def test_no_name_note_or_answer_leaves_in_events_or_logs(soho, capsys, caplog):
    a_whole_story(soho)
    captured = capsys.readouterr()
    logs = caplog.text + captured.out + captured.err
    assert "/v1/clients/<uuid:client_id>/screenings" in logs
    secrets = [*CANARIES.values(), NOTE, REASON, SIGNATURE]

    assert soho.everything_announced()
    for event_type, data in soho.everything_announced():
        found = [secret for secret in secrets if secret in data]
        if event_type == "client_records.client_changed.v1":
            assert CANARIES["family_name"] not in found
            continue
        assert found == [], event_type
        assert "eczema" not in data
    assert [secret for secret in secrets if secret in logs] == []


def test_refusals_do_not_repeat_what_was_sent(soho):
    soho.a_client(**CANARIES)

    answer = soho.post("/v1/clients", wanted_client(**CANARIES), people.BOB)

    assert problem(answer) == (409, "client-exists")
    assert not [secret for secret in CANARIES.values() if secret in answer.text]
