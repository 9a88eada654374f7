"""Random clinics, and how people ask at their desks."""

from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from services.booking.domain.changes import Change
from services.booking.usecases import (
    appointments,
    availability,
    clinics,
    practitioners,
    rooms,
    sessions,
    treatments,
)
from services.booking.usecases.availability import Question
from shared import db, ids
from shared.errors import DomainError
from tests import people
from tests.integration.booking.conftest import a_clinic, a_device, a_practitioner, a_treatment
from tests.integration.booking.lives.account import (
    MINUTE,
    QUARTER,
    STEP,
    UPCOMING,
    Account,
    Asked,
    Place,
    Rota,
)
from tests.integration.booking.lives.hours import typed, weeks

# the Friday before the clocks change: both ways, both hemispheres, and by half an hour
BEGINNINGS = [
    ("Europe/London", datetime(2031, 3, 28, 10, tzinfo=UTC)),
    ("Europe/London", datetime(2031, 10, 24, 9, tzinfo=UTC)),
    ("America/New_York", datetime(2031, 3, 7, 15, tzinfo=UTC)),
    ("Australia/Sydney", datetime(2031, 4, 4, 0, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2031, 10, 3, 0, tzinfo=UTC)),
    ("Pacific/Kiritimati", datetime(2031, 6, 1, 19, tzinfo=UTC)),
    ("Pacific/Pago_Pago", datetime(2031, 12, 30, 21, tzinfo=UTC)),
]
leads = st.sampled_from([0, 90]).map(lambda minutes: minutes * MINUTE)
WHAT_STANDS = (
    "SELECT a.*, array(SELECT o.kind FROM booking.disruptions AS o WHERE o.appointment_id = a.id "
    "AND o.resolved_at IS NULL ORDER BY o.kind) AS disrupted FROM booking.appointments AS a "
    "ORDER BY a.id"
)


class Numbers:
    """Ids that are the same in every run: which room is somebody's usual one hangs on them."""

    def __init__(self):
        self.last = 0

    def again(self):
        self.last = 0

    def new(self) -> UUID:
        self.last += 1
        return UUID(int=(7 << 76) | (2 << 62) | self.last << 80 | self.last * 7919 % 65_521)


class Clinics(RuleBasedStateMachine):
    """Two clinics that share a practitioner, in one transaction that is undone at the end."""

    numbers = Numbers()
    done: ClassVar[dict[str, int]] = {}  # by all lives together

    def __init__(self):
        super().__init__()
        self.numbers.again()
        self.stack = ExitStack()
        self.tx = self.stack.enter_context(db.transaction(db.EVERY_CLINIC))
        self.tx.execute("SAVEPOINT before_everything")
        self.told, self.nearly = 0, {}
        self.standing = []  # the offers, as the invariants read them last
        self.account = Account(ZoneInfo("UTC"), datetime(2031, 1, 1, tzinfo=UTC))

    def teardown(self):
        self.tx.execute("ROLLBACK TO SAVEPOINT before_everything")
        self.stack.close()

    @initialize(data=st.data(), begins=st.sampled_from(BEGINNINGS))
    def open_the_franchise(self, data, begins):
        self.account = Account(ZoneInfo(begins[0]), begins[1])
        self.clinics = [ids.new(), ids.new()]
        self.people = [ids.new() for _ in range(3)]
        for number, clinic in enumerate(self.clinics):
            self.open_a_clinic(data, clinic, self.people[number : number + 2])
        self.clients = [ids.new() for _ in range(8)]
        for client in self.clients:
            self.client_belongs(client, self.clinics[client is self.clients[-1]])
        for _ in range(4):
            self.book_one(data)

    @property
    def now(self):
        return self.account.now

    @property
    def change(self):
        return Change(None, self.now)

    @property
    def today(self):
        return self.account.day(self.now)

    def moment(self):
        """A moment for news, each later than the last."""
        self.told += 1
        return datetime(2031, 1, 1, tzinfo=UTC) + timedelta(seconds=self.told)

    def open_a_clinic(self, data, clinic, at_work):
        place = Place(data.draw(weeks, "opening"), data.draw(leads, "lead"), at_work)
        self.account.places[clinic] = place
        facts = {"id": clinic, "time_zone": self.account.zone.key, "hours": typed(place.hours)}
        facts |= {"lead_minutes": place.lead // MINUTE, "horizon_days": place.horizon.days}
        clinics.open_clinic(self.tx, a_clinic(people.SOHO) | facts | {"step_minutes": STEP})
        for number, person in enumerate(at_work):
            self.begins_to_treat(data, clinic, person, f"Person {number}")
        for number in range(data.draw(st.integers(1, 2), "rooms")):
            turnover = data.draw(st.sampled_from([0, 15]), "turnover")
            room = {"id": ids.new(), "name": f"Room {number}", "kind": "treatment"}
            rooms.add(self.tx, clinic, room | {"turnover_minutes": turnover})
            place.rooms[room["id"]] = turnover * MINUTE
        for number in range(data.draw(st.integers(1, 2), "pens")):
            self.tell_of(ids.new(), clinic, f"Pen {number}", "idle")
        for name, interval in (("Face", 7), ("Scalp", 14)):
            self.offer_a_treatment(data, clinic, name, interval)

    def begins_to_treat(self, data, clinic, person, name):
        hours = data.draw(weeks, "rota")
        until = data.draw(st.sampled_from([date(2099, 1, 1)] * 4 + [self.today]), "credential")
        told = a_practitioner(person, name, hours=typed(hours), valid_until=until)
        practitioners.add(self.tx, clinic, told, rota_id=ids.new())
        self.account.rotas[clinic, person] = [Rota(None, None, 1, [(1, *each) for each in hours])]
        self.account.credentials[clinic, person] = until

    def offer_a_treatment(self, data, clinic, name, interval):
        wanted = a_treatment(
            id=ids.new(),
            name=name,
            indication="IND-08",
            interval_days=interval,
            recovery_group=data.draw(st.sampled_from(["skin", name]), "group"),
            duration_minutes=data.draw(st.sampled_from([30, 45, 60, 90]), "duration"),
            buffer_before_minutes=data.draw(st.sampled_from([0, 10]), "set-up"),
            buffer_after_minutes=data.draw(st.sampled_from([0, 15]), "clean-down"),
            needs_device=data.draw(st.sampled_from([True, True, True, False]), "device"),
        )
        added = treatments.add(self.tx, clinic, wanted)
        self.account.treatments[added["id"]] = added | {"clinic_id": clinic}

    def tell_of(self, pen, clinic, name, state):
        """A pen is idle, unfit, offline or retired."""
        told = {"fit": state != "unfit", "changed_at": self.moment()}
        told["status"] = state if state in {"offline", "retired"} else "idle"
        rooms.remember_device(self.tx, a_device(pen, clinic, name) | told)
        self.account.pens[pen] = (clinic, name, state)

    def client_belongs(self, client, clinic):
        sessions.client_changed(self.tx, client, clinic, active=True)
        self.account.home[client] = clinic

    # what people ask

    def book_one(self, data):
        """Somebody books, or is refused; see appointments."""
        raise NotImplementedError

    def draw_wish(self, data, **given):
        client = given["client"] if given else data.draw(st.sampled_from(self.clients), "client")
        clinic = given["clinic"] if given else self.account.home[client]
        known = self.account.treatments
        offered = [each for each in known if known[each]["clinic_id"] == clinic]
        treatment = known[data.draw(st.sampled_from(offered), "treatment")]
        at_work = self.account.places[clinic].people
        whom = [given["person"]] if given else [None, *at_work]
        return Asked(clinic, treatment, client, data.draw(st.sampled_from(whom), "who"))

    def draw_appointment(self, data):
        """One that is still to come, or none: what changes shall often matter to somebody."""
        ahead = [one for one in self.having(*UPCOMING) if self.is_ahead(one)]
        chosen = data.draw(st.sampled_from([None, *ahead, *ahead]), "whose")
        return self.account.rows.get(chosen)

    def is_ahead(self, one):
        return self.account.rows[one]["starts_at"] > self.now

    def draw_person(self, data, row=None):
        """A clinic, and somebody who treats there."""
        if row:
            return row["clinic_id"], row["practitioner_id"]
        clinic = data.draw(st.sampled_from(self.clinics), "clinic")
        return clinic, data.draw(st.sampled_from(self.account.places[clinic].people), "who")

    def draw_day(self, data, row=None):
        if row:
            return self.account.day(row["starts_at"])
        return self.today + timedelta(days=data.draw(st.integers(0, 6), "day"))

    def look(self):
        """Read where every appointment stands."""
        self.account.rows = {row["id"]: row for row in self.tx.all(WHAT_STANDS)}

    def listed(self, asked, except_id=None):
        """The listed starts from yesterday to six days ahead, and who may treat at each.

        They are just those which the account finds possible; what is not known has none.
        """
        self.look()
        begins = self.now.replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
        ends = begins + timedelta(days=7)
        ours = (asked.clinic, asked.treatment["id"], begins, ends, asked.person, asked.client)
        question = Question(*ours, except_id)
        found = self.attempt(lambda: availability.times(self.tx, question, self.now, explain=True))
        assert (found is not None) == self.account.known(asked), asked
        self.nearly = {}  # starts that few facts speak against, and which
        if found is None:
            return {}
        times = {each["starts_at"]: set(each["practitioner_ids"]) for each in found["times"]}
        refused = {each["starts_at"]: each["reasons"] for each in found["refused"]}
        self.nearly = {tuple(why): at for at, why in refused.items() if at > self.now}
        assert not times.keys() & refused.keys()
        assert all(refused.values())
        expected = self.account.possible(asked, begins, ends)
        assert times == expected, (refused, _difference(times, expected))
        return times

    def draw_start(self, data, times):
        """A listed time or any other; a refused one is as interesting as a possible one."""
        kind = data.draw(st.sampled_from(["listed", "listed", "listed", "refused", "any"]), "kind")
        if times and kind == "listed":
            return data.draw(st.sampled_from(sorted(times)[:12] + sorted(times)[-3:]), "start")
        nearly = sorted((len(why), why) for why in self.nearly)
        if nearly and kind != "any":
            return self.nearly[data.draw(st.sampled_from(nearly[:6]), "in spite of")[1]]
        hour = self.now.replace(minute=0, second=0, microsecond=0)
        return hour + data.draw(st.integers(-48, 96 * 5), "quarters") * QUARTER

    def attempt(self, deed):
        """Do something; None when a rule refused it, in words, and nothing changed."""
        try:
            with self.tx.savepoint():
                return deed()
        except DomainError as error:
            refused = error
        assert 400 <= refused.status < 500, refused
        assert str(refused)
        return None

    # what there is

    def having(self, *states):
        """The appointments in some states, as the invariants read them last."""
        return [row["id"] for row in self.account.rows.values() if row["status"] in states]

    def pick(self, data, *states):
        """One of the appointments in some states, locked; upcoming ones unless it is said."""
        chosen = data.draw(st.sampled_from(self.having(*(states or UPCOMING))), "appointment")
        return appointments.find(self.tx, chosen, lock=True)

    def asked_for(self, row, person=None, **more):
        """The question whether an appointment can be elsewhere."""
        treatment = self.account.treatments[row["treatment_id"]]
        besides = frozenset({row["id"]})
        who = person or row["practitioner_id"]
        return Asked(row["clinic_id"], treatment, row["client_id"], who, besides, **more)

    def count(self, what, done):
        """Note what was really done."""
        if done is not None:
            self.done[what] = self.done.get(what, 0) + 1
        return done


def _difference(times, expected):
    only = {at: who for at, who in times.items() if expected.get(at) != who}
    missing = {at: who for at, who in expected.items() if times.get(at) != who}
    return {"listed": only, "expected": missing}
