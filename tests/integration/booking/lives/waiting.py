"""People wait for places; the timer offers them; they accept, decline, or say nothing."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.booking.usecases import appointments, offers, waiting
from shared import ids
from tests.integration.booking.line import JOBS
from tests.integration.booking.lives.account import DAY, MINUTE, Asked
from tests.integration.booking.lives.appointments import KEPT, MOVABLE
from tests.integration.booking.lives.clinics import Clinics
from tests.integration.booking.lives.hours import clock

TURNS = 200
LEAST, LOOKED_AT = timedelta(minutes=5), 31 * DAY
MORNING, NIGHT = 8 * 60, 21 * 60
ENTRIES = "SELECT * FROM booking.waiting_entries ORDER BY id"
OFFERS = "SELECT * FROM booking.place_offers ORDER BY offered_at, id"


class Waiting(Clinics):
    """Whom the timer offers a place, it suits; nobody waits before them whom it would suit too."""

    @rule(data=st.data(), many=st.integers(1, 3))
    def some_wait(self, data, many):
        """Some who want the same, in whatever order; then the timer comes."""
        asked = self.draw_wish(data)
        here = [each for each in self.clients if self.account.home[each] == asked.clinic]
        for client in data.draw(st.permutations(here), "line")[:many]:
            asked.client = client
            self.join(data, asked)
            self.account.now += MINUTE
        self.the_timer_works(data)

    def join(self, data, asked):
        priority = data.draw(st.sampled_from([0, 0, 1]), "priority")
        notice = data.draw(st.sampled_from([0, 0, 240]), "notice")
        first = self.today + timedelta(days=data.draw(st.integers(0, 2), "from"))
        earliest = data.draw(st.sampled_from([0, 0, 600, 900]), "earliest")
        own = [
            one
            for one in self.having(*MOVABLE)
            if self.account.rows[one]["client_id"] == asked.client
            and self.account.rows[one]["treatment_id"] == asked.treatment["id"]
        ]
        wanted = {
            "id": ids.new(),
            "clinic_id": asked.clinic,
            "client_id": asked.client,
            "treatment_id": asked.treatment["id"],
            "practitioner_id": asked.person,
            "weekdays": data.draw(st.sampled_from([list(range(1, 8)), [1, 3, 6, 7]]), "weekdays"),
            "earliest_time": clock(earliest),
            "latest_time": data.draw(st.sampled_from(["24:00", "17:30"]), "latest"),
            "from_day": first,
            "until_day": first + timedelta(days=data.draw(st.integers(0, 6), "until")),
            "zones": None,
            "notice_minutes": notice,
            "priority": priority,
            "priority_reason": "Travels far" if priority else None,
            "appointment_id": data.draw(st.sampled_from([None, *own]), "gives up"),
        }
        done = self.attempt(lambda: waiting.join(self.tx, wanted, self.change))
        self.count("waiting", done)
        if done:
            assert self.account.known(asked)

    def entries(self):
        return {row["id"]: row for row in self.tx.all(ENTRIES)}

    def offers(self):
        return self.tx.all(OFFERS)

    def turn(self):
        """Let the timer do all its jobs until none has more to do."""
        for _ in range(TURNS):
            more = {job(self.tx, self.now) for job in JOBS}
            if not any(more):
                return
        raise AssertionError("The timer never comes to an end.")

    @rule(data=st.data())
    def the_timer_comes_round(self, data):
        self.the_timer_works(data)

    def the_timer_works(self, data):
        """Do all that is due: what was offered is right, and whoever could have a place has one."""
        self.look()
        entries = self.entries().values()
        due = {
            each["id"]
            for each in entries
            if each["next_look_at"] <= self.now and each["status"] == "waiting"
        }
        known = {each["id"] for each in self.offers()}
        self.turn()
        self.look()
        made = [each for each in self.offers() if each["id"] not in known]
        for offer in made:
            self.count("offers", offer)
            self.was_right_to_offer(offer)
        self.nothing_ran_out_and_stands()
        if not made and MORNING <= self.account.minute(self.now) < NIGHT:
            for entry in self.entries().values():
                if entry["id"] in due and entry["status"] == "waiting":
                    self.has_nothing_to_take(entry)
        for offer in made:
            if data.draw(st.booleans(), "an answer at once"):
                self.answer(data, offer)

    def nothing_ran_out_and_stands(self):
        """After the timer, whatever is offered or held is kept still."""
        for row in self.account.rows.values():
            assert row["status"] != "held" or row["expires_at"] > self.now
        for offer in self.offers():
            if offer["status"] == "open":
                held = self.account.rows[offer["id"]]
                assert (held["status"], held["starts_at"]) == ("held", offer["starts_at"])

    def was_right_to_offer(self, offer):
        entries = self.entries()
        entry, at = entries[offer["entry_id"]], offer["starts_at"]
        assert MORNING <= self.account.minute(self.now) < NIGHT
        assert entry["status"] == "offered"
        assert self.suits(entry, at, besides=offer["id"])
        place = self.account.places[entry["clinic_id"]]
        notice = max(place.lead, entry["notice_minutes"] * MINUTE)
        assert self.now + LEAST <= offer["expires_at"] <= at - notice
        for other in entries.values():
            before = _rank(other) < _rank(entry) and other["treatment_id"] == entry["treatment_id"]
            if before and other["status"] == "waiting" and not self.has_begun(other):
                assert not self.suits(other, at, besides=offer["id"]), (offer, other)

    def has_begun(self, entry):
        own = self.account.rows.get(entry["appointment_id"])
        return own and own["status"] in {"arrived", "in_treatment", "completed", "missed"}

    def has_nothing_to_take(self, entry):
        if self.has_begun(entry):
            return
        begins = max(self.now, self.account.wall(entry["from_day"], 0))
        ends = min(entry["expires_at"], begins + LOOKED_AT)
        begins = begins.replace(minute=0)
        if not self.account.known(self.asked_by(entry)):
            return
        for at in self.account.possible(self.asked_by(entry), begins, ends):
            assert not self.suits(entry, at), (entry, at)

    def own(self, entry):
        """The appointment that would be given up, if it still can be."""
        row = self.account.rows.get(entry["appointment_id"])
        return row if row and row["status"] in MOVABLE else None

    def asked_by(self, entry, besides=None):
        own = self.own(entry)
        without = frozenset({besides, own and own["id"]})
        treatment = self.account.treatments[entry["treatment_id"]]
        who = entry["practitioner_id"]
        return Asked(entry["clinic_id"], treatment, entry["client_id"], who, without)

    def suits(self, entry, at, besides=None):
        """Whether a start is possible for an entry, as wished, in time, and not offered before."""
        asked = self.asked_by(entry, besides)
        treatment, place = asked.treatment, self.account.places[asked.clinic]
        day, minute = self.account.day(at), self.account.minute(at)
        as_wished = (
            entry["from_day"] <= day <= entry["until_day"]
            and day.isoweekday() in entry["weekdays"]
            and entry["earliest_minute"] <= minute <= entry["latest_minute"]
            and at - max(place.lead, entry["notice_minutes"] * MINUTE) >= self.now + LEAST
        )
        length = treatment["duration_minutes"] * MINUTE
        around = treatment["buffer_before_minutes"] + treatment["buffer_after_minutes"]
        ends = at + length + around * MINUTE + max(place.rooms.values())
        own = self.own(entry)
        earlier = own is None or ends <= own["starts_at"]
        fresh = all(
            abs(at - each["starts_at"]) >= length
            for each in self.offers()
            if each["entry_id"] == entry["id"] and each["id"] != besides
        )
        known = self.account.known(asked)
        return as_wished and earlier and fresh and known and bool(self.account.who(asked, at))

    def open_offers(self):
        return [each for each in self.standing if each["status"] == "open"]

    @precondition(lambda self: self.open_offers())
    @rule(data=st.data())
    def somebody_answers(self, data):
        offers = self.open_offers()
        self.answer(data, offers[data.draw(st.integers(0, len(offers) - 1), "offer")])

    def answer(self, data, offer):
        """The client takes the place, or not, or waits no longer."""
        answers = [self.accept, self.accept, self.decline, self.leave_the_line]
        answers[data.draw(st.integers(0, 3), "answer")](offer)

    def accept(self, offer):
        self.look()
        chosen = offer["id"]
        entry, hold = self.entries()[offer["entry_id"]], self.account.rows[chosen]
        if self.booked_at_desk(hold):
            assert offers.accept(self.tx, chosen, self.change)["id"] == chosen
            return
        own = self.own(entry)
        asked = self.asked_by(entry, chosen)
        asked.person = hold["practitioner_id"]
        if own is None:
            asked.agreed_at = hold["expires_at"] - KEPT
        else:
            asked.promised = own["starts_at"] == hold["starts_at"]
        stands = hold["status"] == "held" and offer["expires_at"] > self.now
        possible = (
            stands and self.account.known(asked) and self.account.who(asked, hold["starts_at"])
        )
        done = self.attempt(lambda: offers.accept(self.tx, chosen, self.change))
        assert bool(done) == bool(possible), (offer, hold, done)
        self.count("accepted", done)
        if done:
            assert done["id"] == (own or hold)["id"]
            assert done["starts_at"] == hold["starts_at"]
            assert self.entries()[entry["id"]]["status"] == "booked"

    def booked_at_desk(self, hold):
        """The desk was quicker than the client; the timer has not looked yet."""
        return hold["status"] not in {"held", "lapsed"}

    def decline(self, offer):
        self.look()
        if self.booked_at_desk(self.account.rows[offer["id"]]):
            assert not self.attempt(lambda: offers.decline(self.tx, offer["id"], self.change))
            return
        offers.decline(self.tx, offer["id"], self.change)
        assert appointments.find(self.tx, offer["id"])["status"] != "held"
        assert self.entries()[offer["entry_id"]]["status"] == "waiting"
        self.count("declined", offer)

    def leave_the_line(self, offer):
        current = waiting.find(self.tx, offer["entry_id"], lock=True)
        waiting.withdraw(self.tx, current, self.change)
        assert appointments.find(self.tx, offer["id"])["status"] != "held"


def _rank(entry):
    return (-entry["priority"], entry["created_at"], entry["id"])
