"""A made-up service on booking's database: notes on a clinic's board."""

import time
from uuid import UUID

import psycopg2
import pytest
from flask import abort, redirect

from shared import ids
from shared.errors import Conflict, Unavailable
from shared.http import etags, guard, pages
from shared.http.app import create_api
from shared.http.blueprints import Blueprint, body_limit
from shared.http.guard import public, requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.base import Flag, Id, Request, Text, View, Whole
from tests.apps import Caller

# The board is `subject_sequences`, for want of its own table: subject is the note, last its number.
PUT_UP = "INSERT INTO subject_sequences (subject, last) VALUES (%(id)s::uuid, %(number)s::bigint)"
COUNT = "SELECT count(*) AS notes FROM subject_sequences"
PAGE = """
SELECT subject AS id, last AS number FROM subject_sequences
WHERE %(after)s::bigint IS NULL OR last > %(after)s::bigint ORDER BY last LIMIT %(limit)s
"""


class NewNote(Request):
    number = Whole(required=True)
    text = Text(most=20)
    urgent = Flag()


class NoteView(View):
    id = Id()
    number = Whole()


class NoteArgs(pages.PageArgs):
    urgent = Flag()


class BoardFull(Conflict):
    type = "board-full"
    title = "The board is full"


def put_up(tx, number):
    note = {"id": ids.new(), "number": number}
    tx.run(PUT_UP, note)
    return note


def make_board():
    board = Blueprint("board", __name__, url_prefix="/v1")
    notes = "/clinics/<uuid:clinic_id>/notes"

    @board.route(notes, methods=["POST"])
    @requires("appointments:book")
    @idempotent
    @board.arguments(NewNote)
    @board.response(201, NoteView)
    def write(wanted, clinic_id):
        """Put a note up; number 13 finds the board full after it was written."""
        with transaction() as tx:
            note = put_up(tx, wanted["number"])
            if wanted["number"] == 13:
                raise BoardFull("The board is full until Monday.", not_before="2030-01-07")
            if wanted.get("urgent"):
                tx.run("SELECT pg_sleep(0.3)")
        etags.set(wanted["number"])
        return note

    @board.route("/notes", methods=["GET"])
    @public("a board hangs on a wall")
    @board.arguments(NoteArgs, location="query")
    @board.response(200, pages.listing(NoteView))
    def read(query):
        """Read the board."""
        page = pages.Page.of(query)
        with transaction() as tx:
            return pages.answer(tx.all(PAGE, page.binds("after")), page, key="number")

    @board.route("/notes/<int:number>", methods=["PATCH"])
    @public("for want of a guard")
    @etags.checked
    @board.arguments(NewNote)
    @board.response(200, NoteView)
    def correct(wanted, number):
        """Correct a note, whose version is its number."""
        etags.check(number)
        etags.set(number + 1)
        return {"number": wanted["number"]}

    @board.route("/notes/<int:number>", methods=["GET"])
    @public("as above")
    @board.response(200, NoteView)
    def look(number):
        """Look at a note."""
        etags.set(number)
        return {"number": number}

    _add_odd_routes(board)
    return board


def _add_odd_routes(board):
    failures = {"deadlocks": 0}

    @board.route("/scan", methods=["POST"])
    @public("a scan of the board")
    @body_limit(2 * 1024 * 1024)
    @board.response(204)
    def scan():
        """Take a large body."""

    @board.route("/faults/<kind>", methods=["POST"])
    @public("to see what a fault of ours looks like")
    @board.response(204)
    def fail(kind):
        """Fail in the way that is asked for."""
        with transaction() as tx:
            put_up(tx, 1)
            if kind == "deadlock-once" and not failures["deadlocks"]:
                failures["deadlocks"] += 1
                raise psycopg2.errors.DeadlockDetected
            FAULTS.get(kind, lambda _tx: None)(tx)

    @board.route("/whoami", methods=["GET"])
    @requires("me:read")
    @board.response(200)
    def whoami():
        """Say who asks."""
        return {"id": str(guard.actor().id), "reach": guard.actor().scope.clinics}

    @board.route("/reach/<which>", methods=["GET"])
    @requires("me:read")
    @board.response(204)
    def reach(which):
        """Name a clinic outside the path."""
        guard.reach(UUID(which))


def _commit_lost(tx):
    try:
        tx.run("SELECT 1 / 0")
    except psycopg2.Error:
        return


def _raise(error):
    def fail(_tx):
        raise error

    return fail


FAULTS = {
    "unique": lambda tx: tx.run("INSERT INTO subject_sequences SELECT * FROM subject_sequences"),
    "null": lambda tx: tx.run("INSERT INTO subject_sequences (subject, last) VALUES (NULL, 1)"),
    "number": lambda tx: tx.run("SELECT 99999999999::integer"),
    "text": lambda tx: tx.run("SELECT 'nobody'::uuid"),
    "nul": lambda tx: tx.run("SELECT %(text)s", {"text": "a\x00b"}),
    "surrogate": lambda tx: tx.run("SELECT %(text)s", {"text": "\ud800"}),
    "slow": lambda tx: tx.run("SET LOCAL statement_timeout = 50; SELECT pg_sleep(5)"),
    "syntax": lambda tx: tx.run("SELEKT 1"),
    "elsewhere": lambda tx: tx.run("SELECT * FROM identity.staff"),
    "cut": lambda tx: tx.connection.close(),
    "commit-lost": _commit_lost,
    "bug": lambda _tx: {}["marisa.q@example.com"],
    "busy": _raise(Unavailable("Not now.", retry_after_s=7)),
    "abort": lambda _tx: abort(503),
    "redirect": lambda _tx: abort(redirect("/v1/notes", 303)),
    "wait": lambda _tx: time.sleep(0.01),
}


@pytest.fixture
def board(stage, pool):
    """A client of the made-up service."""
    pool("booking")
    app = create_api("booking", [make_board()])
    return Caller(lambda: app, stage.mint)


@pytest.fixture
def notes(board):
    """How many notes hang on the board."""
    from shared import db

    def count():
        with db.transaction() as tx:
            return tx.one(COUNT)["notes"]

    return count
