"""Rows read by binary COPY: what each says, what stands around them, and what comes first."""

import struct

import pytest

from shared import copying, db

PUT = "INSERT INTO bindings VALUES (%(n)s)"
SHOWN = "SELECT type, NULL::bigint AS nothing FROM bindings ORDER BY type;\n"


@pytest.fixture(autouse=True)
def _pool(pool):
    pool("web")


def as_sent(text):
    return struct.pack(">hi", 2, len(text)) + text + struct.pack(">i", -1)


def test_of_nothing_there_are_no_rows():
    with db.transaction() as tx:
        assert copying.rows(tx, SHOWN) == []


@pytest.mark.parametrize("count", [1, 2, 300])
def test_each_row_comes_by_itself_with_its_nulls(count):
    with db.transaction() as tx:
        for number in range(count):
            tx.later(PUT, {"n": f"{number:03}"})
        found = copying.rows(tx, SHOWN)
    assert found == [as_sent(f"{number:03}".encode()) for number in range(count)]


def test_a_row_that_looks_like_the_end_is_a_row():
    looks = copying.TRAILER + copying.SIGNATURE
    with db.transaction() as tx:
        [row] = copying.rows(tx, "SELECT %(looks)s::bytea AS it", {"looks": looks})
    assert row == struct.pack(">hi", 1, len(looks)) + looks


def test_a_percent_sign_and_a_quote_in_a_value_stay_what_they_are():
    with db.transaction() as tx:
        [row] = copying.rows(tx, "SELECT %(n)s::text AS it", {"n": "100 %s'; --"})
    assert row.endswith(b"100 %s'; --")
