"""CSV files as clinics send them: what is read, what is refused, what comes back the same."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from services.booking.domain import tables
from services.booking.domain.tables import Columns, ColumnsWrong, FileTooLong, FileUnreadable, read

COLUMNS = Columns(known=("name", "note", "when"), needed=(("name", "note"), ("when",)))
GOOD = [{"name": "Ana", "when": "now"}, {"name": "Béla", "when": "then"}]


def read_as_a_spreadsheet(text, delimiter):
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def cells(body, columns=COLUMNS):
    return [row.cells for row in read(body, columns)]


@pytest.mark.parametrize(
    "body",
    [
        "name,when\nAna,now\nBéla,then\n",
        "name,when\r\nAna,now\r\nBéla,then",
        "\ufeffname;when\r\nAna;now\r\nBéla;then\r\n",
        'NAME , When\n\n Ana ,now\n,\n"Béla","then"\n\n',
    ],
)
def test_what_spreadsheets_write_is_read(body):
    assert cells(body.encode()) == GOOD


def test_a_row_knows_the_line_it_begins_in():
    rows = read(b'name,when\n"two\nlines",a\n\nx,b\n', COLUMNS)
    assert [(row.line, row.cells["name"]) for row in rows] == [(2, "two\nlines"), (5, "x")]


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        (b"", FileUnreadable, "empty"),
        (b"\xef\xbb\xbf", FileUnreadable, "empty"),
        (b"name,when\n", FileUnreadable, "no rows"),
        (b"name,when\nAna,\xff\n", FileUnreadable, "Line 2 is not UTF-8"),
        ("name,when\nAna,now\n".encode("utf-16"), FileUnreadable, "UTF-16"),
        (b"name,when\nA\x00,now\n", FileUnreadable, "Line 2 holds"),
        (b'name,when\nAna,now\n"Bela,then\n', FileUnreadable, "line 3"),
        (b'name,when\nAna,"now"x\n', FileUnreadable, "line 2"),
        (b"Ana,now\n", ColumnsWrong, "name or note, when"),
        (b"name,when,colour\nAna,now,red\n", ColumnsWrong, "colour"),
        (b"name,when,name\nAna,now,Ana\n", ColumnsWrong, "twice"),
        (b"name,when" + b"," * 1_000_000, ColumnsWrong, "more than 30"),
        (b"name,when\n" + b"x,y\n" * 20_001, FileTooLong, "20,000"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_the_place(body, error, said):
    with pytest.raises(error, match=said):
        read(body, COLUMNS)


def test_a_broken_row_leaves_the_others_alone():
    body = b"name,when\nAna\n" + b"x" * 501 + b",now\n" + b"," * 1_000_000 + b"\nx,y,z\nBela,then\n"
    rows = read(body, COLUMNS)
    assert [row.line for row in rows if row.fault] == [2, 3, 5]
    assert [row.cells for row in rows if not row.fault] == [{"name": "Bela", "when": "then"}]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "'=1", "''-1", "\t=1", "\uff1d1+1"])
def test_no_cell_is_a_formula_for_a_spreadsheet(cell):
    [[written]] = csv.reader(io.StringIO(tables.lines([[cell]]), newline=""))
    assert written[0] == "'"
    assert tables.unescaped(written) == cell


@pytest.mark.parametrize("cell", ["A-7;=1+1", "x;;+1", "=1;-1", "x;'=1", "x;\t=1"])
def test_no_cell_is_a_formula_where_semicolons_begin_the_next_one(cell):
    [written] = read_as_a_spreadsheet(tables.lines([["Ana", cell]]), ";")
    assert not any(each.startswith(("=", "+", "-", "@", "\t")) for each in written)
    assert tables.unescaped(tables.escaped(cell)) == cell


@example(["'", "'=", "x;=", "x;'=", "=;=", ";'", ";;=", "''", "-", 'a"b', "a;b\r\nc"])
@example(["'", "'=", "''", "-", 'a"b', "a;b\r\nc"])
@given(some.lists(some.text(max_size=20), min_size=1, max_size=5))
def test_every_cell_comes_back_as_it_was(row):
    [back] = csv.reader(io.StringIO(tables.lines([row]), newline=""))
    assert [tables.unescaped(cell) for cell in back] == row


@given(some.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(body):
    try:
        rows = read(b"name,when\n" + body, COLUMNS)
    except (FileUnreadable, ColumnsWrong):
        return
    assert all(row.line >= 2 for row in rows)
