"""People book, hold, move and take steps; a screening says whom to treat."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.booking.usecases import appointments, course_moves, holds, sessions
from services.booking.usecases.appointments import Move, Wanted
from services.booking.usecases.holds import Hold
from shared import ids
from tests.integration.booking.lives.account import ENDED, MINUTE, UPCOMING, Asked
from tests.integration.booking.lives.clinics import Clinics

KEPT = timedelta(minutes=10)  # a hold, unless it is an offer
MOVABLE = ("booked", "confirmed")


class Appointments(Clinics):
    """What is listed can be booked, held and moved to; what is not listed cannot."""

    @rule(data=st.data(), many=st.integers(1, 3))
    def book(self, data, many):
        for _ in range(many):
            self.book_one(data)

    def book_one(self, data):
        asked = self.draw_wish(data)
        times = self.listed(asked)
        at = self.draw_start(data, times)
        facts = (ids.new(), asked.clinic, asked.client, asked.treatment["id"], at, asked.person)
        done = self.attempt(lambda: appointments.book(self.tx, Wanted(*facts), self.change))
        self.is_as_listed("booked", done, at, times)

    @rule(data=st.data(), named=st.booleans())
    def hold(self, data, named):
        asked = self.draw_wish(data)
        asked.client = asked.client if named else None
        times = self.listed(asked)
        at = self.draw_start(data, times)
        facts = (ids.new(), asked.clinic, asked.treatment["id"], at, asked.client, asked.person)
        done = self.attempt(lambda: holds.hold(self.tx, Hold(*facts), self.change))
        self.is_as_listed("held", done, at, times)

    def is_as_listed(self, what, done, at, times):
        assert bool(done) == (at in times), (what, at, done)
        self.count(what, done)
        if done:
            assert done["starts_at"] == at
            assert done["practitioner_id"] in times[at]

    @precondition(lambda self: self.having("held"))
    @rule(data=st.data())
    def book_what_is_held(self, data):
        held = self.pick(data, "held")
        client = held["client_id"] or self.clients[0]
        facts = (held["clinic_id"], client, held["treatment_id"], held["starts_at"])
        wanted = Wanted(ids.new(), *facts, held["practitioner_id"])
        asked = self.asked_for({**held, "client_id": client}, agreed_at=held["expires_at"] - KEPT)
        stands = held["expires_at"] > self.now and self.account.known(asked)
        expected = stands and self.account.who(asked, held["starts_at"])
        done = self.attempt(lambda: holds.book(self.tx, held["id"], wanted, self.change))
        assert bool(done) == bool(expected), (held, done)
        self.count("booked what was held", done)

    @precondition(lambda self: self.having("held"))
    @rule(data=st.data())
    def give_a_hold_back(self, data):
        held = self.pick(data, "held")
        holds.release(self.tx, held["clinic_id"], held["id"], self.change)
        assert appointments.find(self.tx, held["id"])["status"] == "lapsed"

    @precondition(lambda self: self.having(*MOVABLE))
    @rule(data=st.data())
    def move(self, data):
        current = self.pick(data, *MOVABLE)
        at_work = self.account.places[current["clinic_id"]].people
        to = data.draw(st.sampled_from([None, *at_work]), "to")
        asked = self.asked_for(current, to)
        if to is None and (asked.clinic, asked.person) in self.account.left:
            asked.person = None  # whoever has left is replaced by anybody
        times = self.listed(asked, current["id"])
        at = self.draw_start(data, times)
        asked.promised = at == current["starts_at"]
        possible = self.account.known(asked) and self.account.who(asked, at)
        move = Move(at, to)
        done = self.attempt(
            lambda: course_moves.move(self.tx, current, move, self.change, shift=False)
        )
        assert bool(done) == bool(possible), (current, at, done)
        self.count("moved", done)
        if done:
            assert (done["starts_at"], done["practitioner_id"] in possible) == (at, True)

    @precondition(lambda self: self.having(*UPCOMING))
    @rule(data=st.data(), step=st.sampled_from(["confirm", "cancel", "arrive", "miss", "complete"]))
    def step(self, data, step):
        current = self.pick(data)
        done = self.attempt(lambda: appointments.step(self.tx, step, current, self.change))
        self.count(step, done)
        if step == "cancel":
            assert done["status"] == "cancelled"
        if current["course_id"] in self.account.paused and step == "arrive" and done:
            assert current["status"] == "arrived"
        if done and done["status"] == "completed":
            self.account.completed[done["id"]] = self.now
        if done and done["status"] in ENDED:  # as if it had never been
            self.listed(self.asked_for({**current, "id": ids.new()}))

    @rule(minutes=st.sampled_from([5, 11, 11, 31, 31, 60, 60, 60 * 11, 60 * 24, 60 * 48]))
    def time_passes(self, minutes):
        self.account.now += minutes * MINUTE

    @rule(data=st.data(), to=st.integers(0, 1))
    def a_client_goes_to_the_other_clinic(self, data, to):
        row = self.draw_appointment(data)
        client = row and row["client_id"]
        client = client or data.draw(st.sampled_from(self.clients), "client")
        self.client_belongs(client, self.clinics[to])
        self.listed(self.draw_wish(data, client=client, clinic=self.clinics[to], person=None))

    def draw_screened(self, data):
        """Often somebody to whom a place is offered."""
        offered = [each["id"] for each in self.standing if each["status"] == "open"]
        chosen = data.draw(st.sampled_from([None, *offered, *offered]), "offered")
        if chosen is None:
            return self.draw_wish(data)
        hold = self.account.rows[chosen]
        treatment = self.account.treatments[hold["treatment_id"]]
        return Asked(hold["clinic_id"], treatment, hold["client_id"], None)

    @rule(
        data=st.data(),
        outcome=st.sampled_from(["clear", "clear", "review", "defer", "refuse"]),
    )
    def a_screening_is_decided(self, data, outcome):
        asked = self.draw_screened(data)
        until = None
        if outcome == "defer" and data.draw(st.booleans(), "a date is known"):
            until = self.now + timedelta(hours=data.draw(st.integers(1, 96), "hours"))
        told = {
            "client_id": asked.client,
            "treatment_id": asked.treatment["id"],
            "clinic_id": asked.clinic,
            "outcome": outcome,
            "not_before": until,
            "decided_at": self.moment(),
        }
        sessions.screening_decided(self.tx, told, now=self.now)
        self.account.screenings[asked.client, asked.treatment["id"]] = (outcome, until)
        self.listed(asked)
