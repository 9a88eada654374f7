"""Practitioners' rotas from a CSV file, and back into one."""

import csv
import io

import pytest

from shared import db, ids
from tests import people
from tests.integration.booking.conftest import a_practitioner, problem
from tests.integration.booking.importer import Importer, came

COLUMNS = (
    *("practitioner", "valid_from", "valid_until", "every_weeks"),
    *("week", "weekday", "opens", "closes"),
)


class Planner(Importer):
    """As Importer, for rotas."""

    def row(self, weekday=1, **changes):
        return {
            "practitioner": "Priya",
            "valid_from": "2030-01-01",
            "valid_until": "2030-06-30",
            "every_weeks": "",
            "week": "",
            "weekday": weekday,
            "opens": "09:00",
            "closes": "13:00",
        } | changes

    def file(self, *rows, columns=COLUMNS):
        return super().file(*rows, columns=columns)

    def send(self, body, *, headers=None, **query):
        return super().send(body, headers=headers, **{"kind": "rotas"} | query)

    def rotas(self, practitioner_id=None):
        person = practitioner_id or self.franchise.priya
        path = f"/v1/clinics/{self.franchise.clinic}/practitioners/{person}/rotas"
        return [
            {name: value for name, value in each.items() if name not in {"id", "version"}}
            for each in self.caller.get(path).json["items"]
        ]

    def exported(self, **query):
        path = f"/v1/clinics/{self.franchise.clinic}/exports/rotas.csv"
        return self.caller.get(path, query_string=query)


@pytest.fixture
def planner(api, franchise):
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run("DELETE FROM booking.rotas")
    return Planner(api("booking").as_(people.ALICE), franchise)


def entry(weekday, opens, closes, week=1):
    return {"week": week, "weekday": weekday, "opens": opens, "closes": closes}


def test_rows_of_the_same_dates_are_one_rota(planner, franchise):
    begun, rows = planner.done(
        planner.row(1),
        planner.row(1, opens="14:00", closes="18:00"),
        planner.row(3, practitioner="priya", opens="8:30"),
        planner.row(2, valid_from="2030-07-01", valid_until=""),
    )
    assert [row["status"] for row in rows] == ["done"] * 4
    first, second = planner.rotas()
    assert (first["valid_from"], first["valid_until"]) == ("2030-01-01", "2030-06-30")
    assert first["hours"] == [
        entry(1, "09:00", "13:00"),
        entry(1, "14:00", "18:00"),
        entry(3, "08:30", "13:00"),
    ]
    assert (second["valid_from"], second["valid_until"]) == ("2030-07-01", None)
    assert len({row["result_id"] for row in rows[:3]}) == 1
    assert begun["status"] == "done"


def test_each_row_that_cannot_be_says_why(planner):
    _, rows = planner.done(
        planner.row(1),
        planner.row(1, opens="12:00", closes="15:00"),
        planner.row(1, valid_from="2030-02-01", valid_until="2030-03-01"),
        planner.row(1, valid_from="2031-02-01", valid_until="2031-01-01"),
        planner.row(2, opens="13:00", closes="09:00"),
        planner.row(8),
        planner.row(1, opens="9"),
        planner.row(1, valid_from="soon"),
        planner.row(1, week=3, every_weeks=2, valid_from="2032-01-01", valid_until=""),
        planner.row(1, practitioner="Charlie"),
        planner.row(1, practitioner=""),
        planner.row(1, closes=""),
        planner.row(2),
    )
    assert came(rows) == [
        (2, "done", None),
        (3, "refused", "hours-wrong"),
        (4, "refused", "rotas-overlap"),
        (5, "refused", "rota-wrong"),
        (6, "refused", "hours-wrong"),
        (7, "refused", "cell-wrong"),
        (8, "refused", "hours-wrong"),
        (9, "refused", "cell-wrong"),
        (10, "refused", "rota-wrong"),
        (11, "refused", "name-unclear"),
        (12, "refused", "cell-wrong"),
        (13, "refused", "cell-wrong"),
        (14, "done", None),
    ]
    [rota] = planner.rotas()
    assert [each["weekday"] for each in rota["hours"]] == [1, 2]


def test_the_same_file_twice_changes_nothing(planner):
    rows = [planner.row(1), planner.row(2)]
    planner.done(*rows)
    before = planner.rotas()
    begun, again = planner.done(*rows)
    assert [row["status"] for row in again] == ["known", "known"]
    assert begun["rows_known"] == 2
    assert planner.rotas() == before


def test_a_dry_run_plans_nothing(planner):
    _, rows = planner.done(
        planner.row(1), planner.row(1), planner.row(1, opens="10:00"), dry_run="true"
    )
    assert came(rows) == [
        (2, "done", None),
        (3, "known", None),
        (4, "refused", "hours-wrong"),
    ]
    assert planner.rotas() == []


def test_what_is_imported_can_be_booked_by_it(planner, desk, franchise):
    day = franchise.at("10:00").astimezone(franchise.zone)
    planner.done(planner.row(day.isoweekday(), valid_from="", valid_until=""))
    taken = desk.book("10:00", practitioner_id=franchise.priya)
    assert taken.status_code == 201, taken.json
    late = desk.book("14:00", practitioner_id=franchise.priya, client_id=franchise.other)
    assert problem(late) == (422, "outside-hours")


def test_what_is_exported_and_imported_again_is_the_same(planner, franchise):
    planner.done(
        planner.row(1),
        planner.row(1, opens="14:00", closes="24:00"),
        planner.row(5, practitioner="Noor", valid_from="", valid_until=""),
        *(planner.row(n, valid_from="2031-01-06", valid_until="", every_weeks=2) for n in (2, 3)),
        planner.row(4, valid_from="2031-01-06", valid_until="", every_weeks=2, week=2),
    )
    file, before = planner.exported(), (planner.rotas(), planner.rotas(franchise.noor))
    assert len(list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))) == 1 + 6
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run("DELETE FROM booking.rotas")
    begun = planner.send(file.data)
    assert begun.status_code == 202, begun.json
    planner.work()
    assert planner.rows(begun.json, status="refused") == []
    assert (planner.rotas(), planner.rotas(franchise.noor)) == before
    assert sorted(planner.exported().data.split()) == sorted(file.data.split())


def test_an_export_may_ask_for_what_is_valid_in_a_span(planner):
    planner.done(planner.row(1), planner.row(1, valid_from="2031-01-01", valid_until=""))

    def begins(**query):
        text = planner.exported(**query).data.decode("utf-8-sig")
        return [row["valid_from"] for row in csv.DictReader(io.StringIO(text))]

    assert sorted(begins()) == ["2030-01-01", "2031-01-01"]
    assert begins(to="2030-12-31") == ["2030-01-01"]
    assert begins(**{"from": "2030-07-01"}) == ["2031-01-01"]
    assert begins(**{"from": "2030-07-01", "to": "2030-12-31"}) == []


def test_a_long_list_of_rotas_comes_in_parts_without_one_lost(planner, franchise):
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run(
            "INSERT INTO booking.rotas "
            "(id, clinic_id, practitioner_id, valid_from, valid_until, every_weeks, hours, "
            "version) "
            "SELECT gen_random_uuid(), %(clinic)s, %(priya)s, '2030-01-01'::date + n::int, "
            "'2030-01-01'::date + n::int, 1, '[[1, 1, 540, 600]]', 1 "
            "FROM generate_series(1, 250) AS n",
            {"clinic": franchise.clinic, "priya": franchise.priya},
        )
    lines = planner.exported().data.decode().splitlines()
    assert len(lines) == len(set(lines)) == 251


def test_two_of_one_name_are_told_apart_by_their_ids(planner, api, franchise):
    namesake = ids.new()
    answer = planner.caller.post(
        f"/v1/clinics/{franchise.clinic}/practitioners",
        json=a_practitioner(str(namesake), "Priya", valid_until="2099-12-31", hours=[]),
    )
    assert answer.status_code == 201, answer.json
    _, rows = planner.done(planner.row(1))
    assert came(rows) == [(2, "refused", "name-unclear")]
    columns = ("practitioner_id", *COLUMNS)
    file = planner.file(planner.row(1, practitioner_id=franchise.priya), columns=columns)
    planner.send(file)
    planner.work()
    assert len(planner.rotas()) == 1
