"""A clinic's appointments as a CSV file, which an import reads again."""

import csv
import io
import random

import pytest

from services.booking.usecases import exports
from shared import db
from tests import people
from tests.integration.booking.conftest import problem


def asked(importer, first=0, last=60, **query):
    span = {
        "from": importer.franchise.at("00:00", first).isoformat(),
        "to": importer.franchise.at("00:00", last).isoformat(),
    }
    path = f"/v1/clinics/{importer.franchise.clinic}/exports/appointments.csv"
    return importer.caller.get(path, query_string=span | query)


def table(answer):
    assert answer.status_code == 200, answer.json
    text = answer.data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_row_says_what_an_import_needs(importer, franchise):
    importer.done(importer.row("10:00", practitioner="Priya", external_reference="A-1"))
    answer = asked(importer)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "appointments.csv" in answer.headers["Content-Disposition"]
    wall = franchise.at("10:00").astimezone(franchise.zone)
    assert table(answer) == [
        {
            "client_id": str(franchise.client),
            "treatment_id": str(franchise.peel),
            "treatment": "Texture",
            "practitioner_id": str(franchise.priya),
            "practitioner": "Priya",
            "starts_at": wall.isoformat(timespec="minutes"),
            "zones": "",
            "external_reference": "A-1",
        }
    ]


def test_what_was_cancelled_or_only_held_is_left_out(importer, desk, franchise):
    desk.step(desk.booked("10:00"), "cancel")
    path = f"/v1/clinics/{franchise.clinic}/holds"
    assert desk.client.post(path, json=desk.wanted("14:00")).status_code == 201
    kept = desk.booked("12:00")
    assert [row["external_reference"] for row in table(asked(importer))] == [kept["id"]]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_exported_and_imported_again_is_the_same(importer, franchise, seed):
    chance = random.Random(seed)  # noqa: S311 # the same rows each time
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run(
            "UPDATE booking.practitioners SET name = '=HYPERLINK(\"x\";\"y\")' WHERE name = 'Noor'"
        )
        zones = '[{"zone": "ZON-08", "minutes": 25}, {"zone": "ZON-10", "minutes": 15}]'
        tx.run("UPDATE booking.treatments SET zone_minutes = %(zones)s", {"zones": zones})
        tx.run("UPDATE booking.treatments SET name = 'Peel, \"deep\"; \n-1' WHERE name = 'Texture'")
    for _ in range(12):
        row = importer.row(
            f"{chance.randrange(9, 17)}:{chance.choice(('00', '20', '45'))}",
            chance.randrange(1, 40),
            client_id=franchise.a_client(),
            treatment_id=franchise.peel,
        )
        row["zones"] = chance.choice(("", "ZON-08", "ZON-10 ZON-08"))
        row["external_reference"] = chance.choice(
            ("", f"=A{chance.random()}", f"-{chance.random()}")
        )
        columns = ("client_id", "treatment_id", "starts_at", "zones", "external_reference")
        importer.send(importer.file(row, columns=columns))
    importer.work()
    file = asked(importer).data
    before = table(asked(importer))
    assert len({row["zones"] for row in before}) > 1
    forget_all()
    assert table(asked(importer)) == []
    answer = importer.send(file)
    assert answer.status_code == 202, answer.json
    importer.work()
    assert importer.rows(answer.json, status="refused") == []
    assert asked(importer).data == file


def forget_all():
    with db.transaction(db.EVERY_CLINIC) as tx:
        for name in ("allocations", "recoveries", "appointment_changes", "external_references"):
            tx.run(f"DELETE FROM booking.{name}")
        tx.run("DELETE FROM booking.appointments")


def many_appointments(franchise, count):
    """Put appointments beside each other that nobody could book: only the table counts here."""
    room, priya = franchise.room_1, franchise.priya
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run(
            """
            INSERT INTO booking.appointments (id, clinic_id, client_id, treatment_id,
                practitioner_id, room_id, starts_at, ends_at, status, screening, version)
            SELECT gen_random_uuid(), %(clinic)s, %(client)s, %(treatment)s, %(priya)s, %(room)s,
                %(first)s::timestamptz + n / 40 * interval '1 minute',
                %(first)s::timestamptz + (n / 40 + 1) * interval '1 minute',
                'booked', 'pending', 1
            FROM generate_series(1, %(count)s) AS n
            """,
            {
                "clinic": franchise.clinic,
                "client": franchise.client,
                "treatment": franchise.treatment,
                "priya": priya,
                "room": room,
                "count": count,
                "first": franchise.at("10:00"),
            },
        )


def test_a_long_file_comes_in_parts_without_a_row_lost_or_doubled(importer, franchise):
    many_appointments(franchise, 3 * exports.PART + 7)
    rows = table(asked(importer))
    references = {row["external_reference"] for row in rows}
    assert len(rows) == len(references) == 3 * exports.PART + 7
    starts = [row["starts_at"] for row in rows]
    assert starts == sorted(starts)


def test_a_file_is_written_while_it_is_read_and_holds_no_transaction_meanwhile(importer, franchise):
    many_appointments(franchise, 2 * exports.PART + 1)
    answer = asked(importer)
    assert answer.is_streamed
    parts = answer.response
    next(iter(parts))
    with db.transaction(db.EVERY_CLINIC) as tx:
        [held] = tx.all(
            "SELECT count(*) AS n FROM pg_stat_activity "
            "WHERE state LIKE 'idle in transaction%%' AND datname = current_database() "
            "AND usename = current_user AND pid <> pg_backend_pid()",
            {},
        )
    assert held["n"] == 0
    answer.close()


@pytest.mark.parametrize(
    "span",
    [
        {"from": "2030-01-07", "to": "2030-01-06"},
        {"from": "2030-01-07", "to": "2033-01-07"},
        {"from": "yesterday"},
        {"status": "booked"},
    ],
)
def test_a_span_that_cannot_be_is_refused(importer, span):
    assert problem(asked(importer, **span)) == (422, "invalid")


def test_only_a_manager_takes_the_file_along_and_only_of_the_own_clinic(importer, api):
    importer.caller = api("booking").as_(people.BOB)
    assert problem(asked(importer)) == (403, "not-allowed")
    importer.caller = api("booking").as_(people.CHARLIE)
    assert asked(importer).status_code == 404
