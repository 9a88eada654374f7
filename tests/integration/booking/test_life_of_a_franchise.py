"""Random clinics live through random weeks: what is listed can be booked, and nothing overlaps.

Hypothesis draws zones, hours, rotas, rooms, pens and treatments, then lets people book, hold, move,
cancel, arrive, treat and wait.  The test keeps its own, simpler account of who is where and when,
and compares.
"""

import itertools
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.booking.domain.changes import Change
from services.booking.usecases import (
    appointments,
    availability,
    clinics,
    holds,
    practitioners,
    rooms,
    sessions,
    treatments,
)
from services.booking.usecases.appointments import Move, Wanted
from services.booking.usecases.availability import Question
from services.booking.usecases.holds import Hold
from shared import clock, db, ids
from shared.errors import DomainError
from tests import people
from tests.integration.booking.conftest import (
    a_clinic,
    a_device,
    a_practitioner,
    a_treatment,
)

# the Friday before the clocks change: both ways, both hemispheres, and by half an hour
BEGINNINGS = [
    ("Europe/London", datetime(2031, 3, 28, 7, tzinfo=UTC)),
    ("Europe/London", datetime(2031, 10, 24, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2031, 3, 7, 12, tzinfo=UTC)),
    ("Australia/Sydney", datetime(2031, 4, 4, 0, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2031, 10, 3, 0, tzinfo=UTC)),
    ("Pacific/Kiritimati", datetime(2031, 6, 2, 0, tzinfo=UTC)),
    ("Pacific/Pago_Pago", datetime(2031, 12, 30, 12, tzinfo=UTC)),
]
ROUND_THE_CLOCK = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(1, 8)]
MINUTE, STEP = timedelta(minutes=1), 30
OVERLAPS = (
    "SELECT count(*) AS n FROM booking.allocations AS a JOIN booking.allocations AS b "
    "ON a.resource_id = b.resource_id AND a.appointment_id < b.appointment_id "
    "AND a.during && b.during WHERE a.active AND b.active"
)
ENDED = ("cancelled", "missed", "lapsed")

weeks = st.lists(st.tuples(st.integers(0, 30), st.integers(8, 18)), min_size=7, max_size=7).map(
    lambda days: [
        {"weekday": n + 1, "opens": _clock(first), "closes": _clock(min(48, first + length))}
        for n, (first, length) in enumerate(days)
    ]
)


def _clock(halves):
    return f"{halves // 2:02}:{halves % 2 * 30:02}"


class Life(RuleBasedStateMachine):
    """Two clinics that share a practitioner, in one transaction that is undone at the end."""

    done = 0  # by all lives together: one in which nothing happens proves nothing

    def __init__(self):
        super().__init__()
        self.stack = ExitStack()
        self.tx = self.stack.enter_context(db.transaction(db.EVERY_CLINIC))
        self.tx.execute("SAVEPOINT before_everything")
        self.places = {}  # appointment id -> the account of it

    def teardown(self):
        self.tx.execute("ROLLBACK TO SAVEPOINT before_everything")
        self.stack.close()

    @initialize(data=st.data(), begins=st.sampled_from(BEGINNINGS))
    def open_the_franchise(self, data, begins):
        zone, self.now = begins
        self.zone = ZoneInfo(zone)
        self.clinics = [ids.new(), ids.new()]
        self.people = [ids.new() for _ in range(3)]
        self.pens, self.rooms, self.treatments = {}, {}, {}
        for number, clinic in enumerate(self.clinics):
            self.open_a_clinic(data, clinic, number)
        self.clients = [ids.new() for _ in range(3)]
        self.home = {}
        for client in self.clients:
            self.client_belongs(client, self.clinics[0])

    def open_a_clinic(self, data, clinic, number):
        opening = data.draw(st.one_of(st.just(ROUND_THE_CLOCK), weeks), "opening")
        facts = {"time_zone": self.zone.key, "hours": opening, "step_minutes": STEP}
        facts |= {"lead_minutes": data.draw(st.sampled_from([0, 90])), "horizon_days": 30}
        clinics.open_clinic(self.tx, a_clinic(people.SOHO) | facts | {"id": clinic})
        for who, person in enumerate(self.at_work(clinic)):
            hours = data.draw(st.one_of(st.just(ROUND_THE_CLOCK), weeks), "rota")
            until = data.draw(
                st.sampled_from([date(2099, 1, 1)] * 3 + [self.now.date()]), "credential"
            )
            told = a_practitioner(person, f"Person {who}", hours=hours, valid_until=until)
            practitioners.add(self.tx, clinic, told, rota_id=ids.new())
        for name in range(data.draw(st.integers(1, 2), "rooms")):
            turnover = data.draw(st.sampled_from([0, 15]), "turnover")
            room = {"id": ids.new(), "name": f"Room {name}", "kind": "treatment"}
            rooms.add(self.tx, clinic, room | {"turnover_minutes": turnover})
            self.rooms[room["id"]] = turnover
        for name in range(data.draw(st.integers(1, 2), "pens")):
            self.pens[ids.new()] = (clinic, f"Pen {name}")
        for pen in self.pens:
            self.tell_of(pen, fit=True)
        self.treatments[clinic] = [
            self.a_treatment(data, clinic, name="Face", interval=7, indication="IND-08"),
            self.a_treatment(data, clinic, name="Scalp", interval=14, indication="IND-08"),
        ]

    def a_treatment(self, data, clinic, *, name, interval, indication):
        wanted = a_treatment(
            id=ids.new(),
            name=name,
            indication=indication,
            interval_days=interval,
            recovery_group=data.draw(st.sampled_from(["skin", name]), "group"),
            duration_minutes=data.draw(st.sampled_from([30, 45, 60, 90]), "duration"),
            buffer_before_minutes=data.draw(st.sampled_from([0, 10]), "set-up"),
            buffer_after_minutes=data.draw(st.sampled_from([0, 15]), "clean-down"),
        )
        return treatments.add(self.tx, clinic, wanted)

    def tell_of(self, pen, *, fit):
        clinic, name = self.pens[pen]
        told = a_device(pen, clinic, name, fit=fit, changed_at=clock.now())
        rooms.remember_device(self.tx, told)

    def client_belongs(self, client, clinic):
        sessions.client_changed(self.tx, client, clinic, active=True)
        self.home[client] = clinic

    # what people ask

    def draw_wish(self, data):
        client = data.draw(st.sampled_from(self.clients), "client")
        clinic = self.home[client]
        treatment = data.draw(st.sampled_from(self.treatments[clinic]), "treatment")
        here = self.at_work(clinic)
        person = data.draw(st.sampled_from([None, *here]), "practitioner")
        return client, clinic, treatment, person

    def at_work(self, clinic):
        """Practitioners of a clinic; the second works at both."""
        number = self.clinics.index(clinic)
        return self.people[number : number + 2]

    def listed(self, clinic, treatment, client, person, except_id=None):
        """The listed starts from yesterday to six days ahead; None when the question is refused."""
        begins = self.now.replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
        question = Question(
            clinic, treatment, begins, begins + timedelta(days=7), person, client, except_id
        )
        found = self.attempt(lambda: availability.times(self.tx, question, self.now, explain=True))
        if found is None:
            return None
        times = {each["starts_at"] for each in found["times"]}
        refused = {each["starts_at"]: each["reasons"] for each in found["refused"]}
        assert not times & refused.keys()
        assert all(refused.values())
        return times

    def draw_start(self, data, times):
        """A listed time or any other; a refused one is as interesting as a possible one."""
        anything = st.integers(-48, 96 * 5).map(
            lambda quarters: (
                self.now.replace(minute=0, second=0, microsecond=0) + quarters * 15 * MINUTE
            )
        )
        if times and data.draw(st.integers(0, 3), "a listed one"):
            return data.draw(st.sampled_from(sorted(times)[:12] + sorted(times)[-3:]), "start")
        return data.draw(anything, "start")

    def attempt(self, deed):
        try:
            with self.tx.savepoint():
                return deed()
        except DomainError:
            return None

    @rule(data=st.data())
    def book(self, data):
        client, clinic, treatment, person = self.draw_wish(data)
        times = self.listed(clinic, treatment["id"], client, person)
        at = self.draw_start(data, times)
        wanted = Wanted(ids.new(), clinic, client, treatment["id"], at, person)
        done = self.attempt(lambda: appointments.book(self.tx, wanted, Change(None, self.now)))
        assert bool(done) == (at in (times or ())), (at, done)
        self.account(done, treatment)

    @rule(data=st.data(), named=st.booleans())
    def hold(self, data, named):
        client, clinic, treatment, person = self.draw_wish(data)
        client = client if named else None
        times = self.listed(clinic, treatment["id"], client, person)
        at = self.draw_start(data, times)
        wanted = Hold(ids.new(), clinic, treatment["id"], at, client, person)
        done = self.attempt(lambda: holds.hold(self.tx, wanted, Change(None, self.now)))
        assert bool(done) == (at in (times or ())), (at, done)
        self.account(done, treatment)

    @precondition(lambda self: self.having("held"))
    @rule(data=st.data())
    def book_what_is_held(self, data):
        held = data.draw(st.sampled_from(self.having("held")), "hold")
        found = appointments.find(self.tx, held)
        client = found["client_id"] or self.clients[0]
        facts = (found["clinic_id"], client, found["treatment_id"], found["starts_at"])
        wanted = Wanted(ids.new(), *facts, found["practitioner_id"])
        done = self.attempt(lambda: holds.book(self.tx, held, wanted, Change(None, self.now)))
        if found["expires_at"] <= self.now:
            assert done is None
        self.account(done, self.places[held]["treatment"])

    @precondition(lambda self: self.having("booked", "confirmed"))
    @rule(data=st.data())
    def move(self, data):
        current = self.pick(data, "booked", "confirmed")
        person = data.draw(st.sampled_from(self.at_work(current["clinic_id"])), "to")
        facts = (current["treatment_id"], current["client_id"], person, current["id"])
        times = self.listed(current["clinic_id"], *facts)
        at = self.draw_start(data, times)
        to = Move(at, person)
        done = self.attempt(lambda: appointments.move(self.tx, current, to, Change(None, self.now)))
        if at != current["starts_at"]:  # who stays at the time asks nobody for notice
            assert bool(done) == (at in (times or ())), (at, done)
        self.account(done, self.places[current["id"]]["treatment"])

    @precondition(lambda self: self.having("booked", "confirmed", "arrived"))
    @rule(data=st.data(), step=st.sampled_from(["confirm", "cancel", "arrive", "miss", "complete"]))
    def step(self, data, step):
        current = self.pick(data, "booked", "confirmed", "arrived")
        clinic, person = current["clinic_id"], current["practitioner_id"]
        facts = (clinic, current["treatment_id"], current["client_id"], person)
        without = self.listed(*facts, current["id"])
        done = self.attempt(
            lambda: appointments.step(self.tx, step, current, Change(None, self.now))
        )
        self.account(done, self.places[current["id"]]["treatment"])
        if done and done["status"] in ENDED:
            assert self.listed(*facts) == without  # as if it had never been

    @rule(minutes=st.sampled_from([5, 11, 60, 60 * 11, 60 * 24 * 2]))
    def time_passes(self, minutes):
        self.now += minutes * MINUTE

    @rule(data=st.data())
    def the_timer_comes_round(self, data):
        client, clinic, treatment, person = self.draw_wish(data)
        before = self.listed(clinic, treatment["id"], client, person)
        holds.lapse(self.tx, self.now)  # what ran out stood in nobody's way already
        assert self.listed(clinic, treatment["id"], client, person) == before

    @rule(data=st.data(), fit=st.booleans())
    def a_pen_breaks_or_is_mended(self, data, fit):
        self.tell_of(data.draw(st.sampled_from(sorted(self.pens)), "pen"), fit=fit)

    @rule(data=st.data(), to=st.integers(0, 1))
    def a_client_goes_to_the_other_clinic(self, data, to):
        self.client_belongs(data.draw(st.sampled_from(self.clients)), self.clinics[to])

    @rule(data=st.data(), week=weeks)
    def a_rota_changes(self, data, week):
        clinic = data.draw(st.sampled_from(self.clinics), "clinic")
        person = data.draw(st.sampled_from(self.at_work(clinic)), "who")
        current = practitioners.find(self.tx, clinic, person, lock=True)
        practitioners.change(self.tx, current, {"hours": week}, rota_id=ids.new())

    # what the account knows

    def having(self, *states):
        return [one for one in self.places if appointments.find(self.tx, one)["status"] in states]

    def pick(self, data, *states):
        chosen = data.draw(st.sampled_from(self.having(*states)), "appointment")
        return appointments.find(self.tx, chosen, lock=True)

    def account(self, done, treatment):
        if done is not None:
            Life.done += 1
            self.places[done["id"]] = {"treatment": treatment}

    def used(self):
        """Who is taken when by what stands now: worked out from the appointments alone."""
        for one, kept in self.places.items():
            found, treatment = appointments.find(self.tx, one), kept["treatment"]
            lapsed = found["status"] == "held" and found["expires_at"] <= self.now
            if found["status"] in ENDED or found["status"] == "completed" or lapsed:
                continue
            begins = found["starts_at"] - treatment["buffer_before_minutes"] * MINUTE
            ends = found["ends_at"] + treatment["buffer_after_minutes"] * MINUTE
            turnover = self.rooms[found["room_id"]] * MINUTE
            yield found["practitioner_id"], begins, ends
            yield found["room_id"], begins, ends + turnover
            yield found["device_id"], begins, ends
            if found["client_id"]:
                yield found["client_id"], found["starts_at"], found["ends_at"]

    @invariant()
    def nobody_and_nothing_is_in_two_places(self):
        spans = sorted(self.used(), key=lambda each: (str(each[0]), each[1]))
        for (one, _, ends), (other, begins, _) in itertools.pairwise(spans):
            assert one != other or ends <= begins
        assert self.tx.one(OVERLAPS, {})["n"] == 0

    @invariant()
    def no_session_begins_while_skin_recovers(self):
        treated: dict[tuple[UUID, str], list[tuple[datetime, int]]] = {}
        for one, kept in self.places.items():
            found = appointments.find(self.tx, one)
            if found["status"] not in {*ENDED, "held"}:
                group = (found["client_id"], kept["treatment"]["recovery_group"])
                session = (found["starts_at"], kept["treatment"]["interval_days"])
                treated.setdefault(group, []).append(session)
        for plan in treated.values():
            plan.sort()
            for (first, interval), (second, _) in itertools.pairwise(plan):
                days = second.astimezone(self.zone).date() - first.astimezone(self.zone).date()
                assert days >= timedelta(days=interval)

    @invariant()
    def what_has_ended_takes_nothing(self):
        rows = self.tx.all(
            "SELECT a.id FROM booking.appointments AS a JOIN booking.allocations AS b "
            "ON a.id = b.appointment_id WHERE b.active AND a.status = any(%(ended)s)",
            {"ended": list(ENDED)},
        )
        assert rows == []


@pytest.mark.timeout(900)
def test_a_listed_time_can_be_booked_and_nothing_ever_overlaps(pool):
    pool("booking")
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,  # what it finds it finds again
            phases=(Phase.generate,),  # an example costs a second: shrinking one takes many minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Life.done > 150
