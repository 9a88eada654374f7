"""Clients' appointments from a CSV file: tried row by row, reported row by row."""

from datetime import timedelta

import pytest

from services.booking import timer
from services.booking.usecases import appointments, imports
from shared import clock, db, ids
from tests import people
from tests.integration.booking.charges import charging, lines
from tests.integration.booking.conftest import problem
from tests.integration.booking.importer import COLUMNS, came


def test_rows_become_appointments_by_name_or_id_and_by_either_clock(importer, franchise, outbox):
    by_id = importer.row("13:00", client_id=franchise.other, practitioner=" noor ")
    by_id["starts_at"] = franchise.at("13:00").isoformat()
    begun, rows = importer.done(importer.row("10:00", treatment="texture"), by_id)
    assert (begun["status"], begun["rows_done"], begun["rows_waiting"]) == ("done", 2, 0)
    assert begun["finished_at"]
    first, second = importer.booked()
    assert [row["result_id"] for row in rows] == [str(first["id"]), str(second["id"])]
    assert (first["starts_at"], second["starts_at"]) == (
        franchise.at("10:00"),
        franchise.at("13:00"),
    )
    assert second["practitioner_id"] == franchise.noor
    assert [event["type"] for event in outbox()] == ["booking.appointment_booked.v1"] * 2
    assert {event["data"]["changed_by"] for event in outbox()} == {str(people.ALICE.id)}


def test_columns_may_hold_ids(importer, franchise):
    row = importer.row() | {"treatment_id": franchise.peel, "practitioner_id": franchise.priya}
    body = importer.file(row, columns=("client_id", "treatment_id", "practitioner_id", "starts_at"))
    assert importer.send(body).status_code == 202
    importer.work()
    [booked] = importer.booked()
    assert (booked["treatment_id"], booked["practitioner_id"]) == (franchise.peel, franchise.priya)


def test_each_refused_row_says_why_and_the_others_are_booked(importer, franchise):
    begun, rows = importer.done(
        importer.row("10:00"),
        importer.row("10:00"),
        importer.row("03:00", client_id=franchise.other),
        importer.row("10:00", client_id=ids.new()),
        importer.row("11:00", client_id="Maria"),
        importer.row("11:00", treatment="Massage"),
        importer.row("11:00", practitioner=people.CHARLIE.name),
        importer.row("11:00", starts_at="tomorrow"),
        importer.row("11:00", starts_at=""),
        importer.row("11:00", days=-2, client_id=franchise.other),
        importer.row("11:00", days=700, client_id=franchise.other),
        importer.row("12:00", client_id=franchise.other),
    )
    assert came(rows) == [
        (2, "done", None),
        (3, "refused", "client-busy"),
        (4, "refused", "outside-hours"),
        (5, "refused", "client-unknown"),
        (6, "refused", "cell-wrong"),
        (7, "refused", "name-unclear"),
        (8, "refused", "name-unclear"),
        (9, "refused", "cell-wrong"),
        (10, "refused", "cell-wrong"),
        (11, "refused", "in-the-past"),
        (12, "refused", "too-far-ahead"),
        (13, "done", None),
    ]
    assert (begun["rows_total"], begun["rows_done"], begun["rows_refused"]) == (12, 2, 10)
    assert len(importer.booked()) == 2
    assert importer.rows(begun, status="refused")[0]["refusal"].startswith("The client has another")
    assert all(row["refusal"].endswith(".") for row in importer.rows(begun, status="refused"))


def test_zones_are_those_of_the_treatment(importer, franchise):
    columns = (*COLUMNS, "zones")
    rows = [importer.row("10:00", zones=zones) for zones in ("ZON-08", "ZON-10 ZON-10", "the face")]
    begun = importer.send(importer.file(*rows, columns=columns)).json
    importer.work()
    assert came(importer.rows(begun)) == [
        (2, "refused", "zone-not-offered"),
        (3, "refused", "cell-wrong"),
        (4, "refused", "zone-not-offered"),
    ]


def test_neither_notice_nor_the_step_is_asked_of_what_was_promised_elsewhere(
    importer, franchise, api
):
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run("UPDATE booking.clinics SET lead_minutes = 60 * 24 * 30")
    _, rows = importer.done(importer.row("10:07"))
    assert came(rows) == [(2, "done", None)]


def test_what_was_agreed_elsewhere_owes_no_deposit_here(importer, franchise, api):
    charging(franchise, deposit={"percent": 20})
    _, rows = importer.done(importer.row("10:00"))
    assert lines(api("booking").as_(people.ALICE), {"id": rows[0]["result_id"]}) == []


def test_a_time_that_the_clocks_skip_is_refused(hands, importer):
    _, rows = importer.done(importer.row(starts_at="2030-03-31T01:30"))
    assert came(rows) == [(2, "refused", "time-does-not-exist")]


def test_the_same_file_twice_books_nothing_twice(importer, franchise):
    rows = [
        importer.row("10:00", external_reference="A-1"),
        importer.row("12:00", client_id=franchise.other, external_reference="A-2"),
    ]
    _, first = importer.done(*rows)
    again, second = importer.done(*rows)
    assert [row["status"] for row in second] == ["known", "known"]
    assert [row["result_id"] for row in second] == [row["result_id"] for row in first]
    assert again["rows_known"] == 2
    assert len(importer.booked()) == 2


def test_a_reference_of_a_refused_row_is_free_again(importer, franchise):
    _, rows = importer.done(importer.row("03:00", external_reference="A-1"))
    assert came(rows) == [(2, "refused", "outside-hours")]
    _, rows = importer.done(importer.row("10:00", external_reference="A-1"))
    assert came(rows) == [(2, "done", None)]


def test_another_clinics_references_are_its_own(importer, api, franchise):
    importer.done(importer.row("10:00", external_reference="A-1"))
    with db.transaction(db.Scope.of([franchise.lisbon])) as tx:
        assert tx.all("SELECT * FROM booking.external_references") == []
        assert tx.all("SELECT * FROM booking.import_rows") == []


def test_a_dry_run_says_what_would_happen_and_books_nothing(importer, franchise, outbox):
    begun, rows = importer.done(
        importer.row("10:00", external_reference="A-1"),
        importer.row("10:30"),
        importer.row("10:00", client_id=franchise.other, external_reference="A-1"),
        importer.row("03:00"),
        dry_run="true",
    )
    assert came(rows) == [
        (2, "done", None),
        (3, "refused", "client-busy"),  # by the row before it
        (4, "known", None),
        (5, "refused", "outside-hours"),
    ]
    assert begun["status"] == "done"
    assert {row["result_id"] for row in rows} == {None}
    assert (importer.booked(), outbox()) == ([], [])
    _, rows = importer.done(importer.row("10:00", external_reference="A-1"))
    assert came(rows) == [(2, "done", None)]


def test_an_import_that_broke_off_goes_on_where_it_was(importer, franchise, monkeypatch):
    clients = [franchise.a_client() for _ in range(6)]
    begun = importer.begun(
        *(importer.row(f"{10 + n}:00", client_id=each) for n, each in enumerate(clients))
    )
    assert timer.take_in_next()
    assert timer.take_in_next()
    whole = appointments.book

    def killed(*args, **kwargs):
        whole(*args, **kwargs)
        raise KeyboardInterrupt  # after the booking, before the commit

    with monkeypatch.context() as patch:
        patch.setattr(appointments, "book", killed)
        with pytest.raises(KeyboardInterrupt):
            timer.take_in_next()
    assert importer.show(begun)["rows_done"] == 2
    assert len(importer.booked()) == 2
    importer.work()
    assert (importer.show(begun)["rows_done"], len(importer.booked())) == (6, 6)


def test_a_row_that_breaks_us_is_refused_and_the_others_go_on(importer, franchise, monkeypatch):
    begun = importer.begun(importer.row("10:00"), importer.row("12:00", client_id=franchise.other))
    whole, first = appointments.book, franchise.client

    def broken(tx, wanted, change):
        if wanted.client_id == first:
            raise ZeroDivisionError
        return whole(tx, wanted, change)

    monkeypatch.setattr(appointments, "book", broken)
    importer.work()
    assert came(importer.rows(begun)) == [(2, "refused", "fault"), (3, "done", None)]
    assert importer.show(begun)["status"] == "done"


def test_an_import_is_cancelled_and_taken_up_again(importer, franchise):
    begun = importer.begun(importer.row("10:00"), importer.row("12:00", client_id=franchise.other))
    assert timer.take_in_next()
    path = f"/v1/imports/{begun['id']}"
    stopped = importer.caller.post(f"{path}/cancel").json
    assert (stopped["status"], stopped["rows_waiting"]) == ("cancelled", 1)
    assert not timer.take_in_next()
    assert importer.caller.post(f"{path}/cancel").json["status"] == "cancelled"
    assert importer.caller.post(f"{path}/resume").json["status"] == "running"
    importer.work()
    assert importer.show(begun)["status"] == "done"
    for step in ("cancel", "resume"):
        assert problem(importer.caller.post(f"{path}/{step}")) == (409, "import-over")


def test_imports_take_turns(importer, franchise):
    first = importer.begun(importer.row("10:00"), importer.row("10:00"), importer.row("10:00"))
    second = importer.begun(importer.row("14:00", client_id=franchise.other))
    assert timer.take_in_next()
    assert timer.take_in_next()
    assert importer.show(second)["status"] == "done"
    assert importer.show(first)["rows_waiting"] == 2


def test_a_repeated_request_is_one_import(importer):
    headers = {"Idempotency-Key": "the-file"}
    first = importer.send(importer.file(importer.row()), headers=headers)
    again = importer.send(importer.file(importer.row()), headers=headers)
    assert first.json["id"] == again.json["id"]
    path = f"/v1/clinics/{importer.franchise.clinic}/imports"
    assert [each["id"] for each in importer.caller.get(path).json["items"]] == [first.json["id"]]


def test_five_megabytes_of_broken_rows_are_told_one_by_one(importer):
    good = importer.file(importer.row("10:00"))
    bad = ("Mária;“x”," + "y" * 270 + "\n").encode()
    body = good + bad * 18_000
    assert 4.9 * 2**20 < len(body) < 5 * 2**20
    begun = importer.send(body).json
    assert (begun["rows_total"], begun["rows_refused"], begun["rows_waiting"]) == (
        18_001,
        18_000,
        1,
    )
    importer.work()
    assert importer.show(begun)["rows_done"] == 1
    last = importer.rows(begun, status="refused")[-1]
    assert last["refusal"] == "This row has 2 cells, the first line has 5."


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"", (422, "file-unreadable")),
        (b"a,b\n1,2\n", (422, "file-columns")),
        (b"client_id,treatment,starts_at\n\x00,x,y\n", (422, "file-unreadable")),
        (b"client_id,treatment,starts_at\n\xe9,x,y\n", (422, "file-unreadable")),
        (b"client_id,treatment,starts_at" + b"," * 10**6, (422, "file-columns")),
        (b"client_id,treatment,starts_at\n" + b"a,b,c\n" * 20_001, (422, "file-too-long")),
        (b"x" * (5 * 2**20 + 1), (413, "too-large")),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(importer, body, refusal):
    assert problem(importer.send(body)) == refusal
    path = f"/v1/clinics/{importer.franchise.clinic}/imports"
    assert importer.caller.get(path).json["items"] == []


def test_something_else_than_csv_is_refused(importer):
    path = f"/v1/clinics/{importer.franchise.clinic}/imports?kind=appointments"
    assert problem(importer.caller.post(path, json={})) == (415, "not-csv")
    assert problem(importer.send(b"x", kind="clients")) == (422, "invalid")


def test_another_clinics_import_is_not_there(importer, api):
    begun = importer.begun(importer.row())
    charlie = api("booking").as_(people.CHARLIE)
    path = f"/v1/imports/{begun['id']}"
    for answer in (
        *(charlie.get(each) for each in (path, f"{path}/rows")),
        *(charlie.post(f"{path}/{each}") for each in ("cancel", "resume")),
    ):
        assert problem(answer) == (404, "import-unknown")


def test_an_offset_with_seconds_is_no_way_to_begin_at_half_a_minute(importer, franchise):
    day = franchise.at("10:00").date()
    _, [row] = importer.done(importer.row(starts_at=f"{day}T10:00+00:00:30"))
    assert row["refusal_type"] == "cell-wrong"
    assert importer.booked() == []


def kept():
    with db.transaction(db.EVERY_CLINIC) as tx:
        given = tx.all("SELECT given FROM booking.import_rows ORDER BY line")
        references = tx.all("SELECT reference FROM booking.external_references")
    return [each["given"] for each in given], [each["reference"] for each in references]


def test_what_a_row_said_is_not_kept_once_it_was_tried(importer):
    begun = importer.begun(importer.row(), importer.row("00:00"), importer.row("12:00"))
    timer.take_in_next()
    timer.take_in_next()
    given, _ = kept()
    assert given[:2] == [{}, {}]
    assert given[2]["client_id"]
    importer.work()
    assert importer.show(begun)["rows_waiting"] == 0


def test_an_erased_clients_visits_have_no_names_from_elsewhere(importer, franchise):
    other = importer.row("12:00", client_id=franchise.other, external_reference="B-2")
    importer.done(importer.row(external_reference="Ada Lovelace 1"), other)
    told = {"client_id": str(franchise.client), "clinic_id": str(franchise.clinic)}
    franchise.hear("client_records.client_erased.v1", told, subject=franchise.client)
    assert kept()[1] == ["B-2"]


def test_files_are_forgotten_after_thirty_days(importer, franchise):
    over, _ = importer.done(importer.row("10:00"))
    waiting = importer.begun(importer.row("12:00", client_id=franchise.other))

    def kept_after(days):
        with db.transaction(db.EVERY_CLINIC) as tx:
            while imports.forget(tx, clock.now() + timedelta(days=days)):
                pass
            return {str(row["id"]) for row in tx.all("SELECT id FROM booking.imports")}

    assert kept_after(29) == {over["id"], waiting["id"]}
    assert kept_after(31) == {waiting["id"]}
    assert len(importer.booked()) == 1
