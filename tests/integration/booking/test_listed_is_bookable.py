"""A listed time can be booked; a time that is refused, or not listed, cannot."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.booking.domain import hours as rules
from services.booking.domain.changes import Change
from services.booking.usecases import (
    absences,
    appointments,
    availability,
    days,
    holds,
    practitioner_days,
)
from services.booking.usecases.appointments import Move, Wanted
from services.booking.usecases.availability import Question
from services.booking.usecases.holds import Hold
from shared import clock, db, ids
from shared.errors import DomainError

QUARTERS = 9 * 4  # of the day from nine to six
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["book", "hold", "move", "cancel", "book", "shorten", "away", "back"]),
        st.integers(-2, QUARTERS + 2),
        st.integers(0, 3),
        st.sampled_from([None, "priya", "noor"]),
    ),
    min_size=3,
    max_size=10,
)


class Undone(Exception):
    """Everything of this example is rolled back."""


class Day:
    """One day at Soho, as one transaction sees it."""

    def __init__(self, tx, franchise, clients):
        self.tx, self.franchise, self.clients = tx, franchise, clients
        self.now, self.booked = clock.now(), []

    def at(self, quarter):
        return self.franchise.at("09:00") + timedelta(minutes=15 * quarter)

    def listed(self, client, person):
        question = Question(
            self.franchise.clinic,
            self.franchise.treatment,
            self.at(-4),
            self.at(QUARTERS + 4),
            person and getattr(self.franchise, person),
            client,
        )
        found = availability.times(self.tx, question, self.now, explain=True)
        times, refused = (
            {each["starts_at"] for each in found[kind]} for kind in ("times", "refused")
        )
        assert not times & refused
        return times

    def do(self, deed, quarter, number, person):
        client, starts_at = self.clients[number], self.at(quarter)
        if deed in {"shorten", "away", "back"}:
            return self.plan(deed, quarter, number, person)
        if deed in {"move", "cancel"} and self.booked:
            return self.change(deed, starts_at, number)
        listed = starts_at in self.listed(client, person)
        practitioner = person and getattr(self.franchise, person)
        facts = (ids.new(), self.franchise.clinic)
        treatment = self.franchise.treatment
        if deed == "hold":
            wanted = Hold(*facts, treatment, starts_at, client, practitioner)
            done = self.attempt(lambda: holds.hold(self.tx, wanted, Change(None, self.now)))
        else:
            wanted = Wanted(*facts, client, treatment, starts_at, practitioner)
            done = self.attempt(lambda: appointments.book(self.tx, wanted, Change(None, self.now)))
            self.booked += [done] if done else []
        assert bool(done) == listed
        return done

    def plan(self, deed, quarter, number, person):
        """Close the clinic early or a person's day off; let somebody be away, or take it back."""
        day = self.at(0).astimezone(self.franchise.zone).date()
        opens, closes = rules.clock(540), rules.clock(540 + 15 * min(max(quarter, 1), QUARTERS))
        wanted = {"id": ids.new(), "day": day, "hours": [{"opens": opens, "closes": closes}]}
        who = {"clinic_id": self.franchise.clinic, "id": person and getattr(self.franchise, person)}
        if deed == "back":
            self.tx.execute(
                "DELETE FROM booking.clinic_days; DELETE FROM booking.practitioner_days; "
                "DELETE FROM booking.absences"
            )
        elif deed == "away" and person:
            span = {"first_day": day - timedelta(days=number), "last_day": day, "kind": "other"}
            absences.add(self.tx, who, {**span, "id": ids.new()}, now=self.now)
        elif person:
            self.attempt(lambda: practitioner_days.add(self.tx, who, wanted, now=self.now))
        else:
            clinic = self.franchise.clinic
            closing = {**wanted, "reason": None}
            self.attempt(lambda: days.add(self.tx, clinic, closing, now=self.now))

    def change(self, deed, starts_at, number):
        current = self.booked.pop(number % len(self.booked))
        if deed == "cancel":
            return appointments.step(self.tx, "cancel", current, Change(None, self.now))
        to = Move(starts_at)
        done = self.attempt(lambda: appointments.move(self.tx, current, to, Change(None, self.now)))
        self.booked.append(done or current)
        return done

    def attempt(self, deed):
        try:
            with self.tx.savepoint():
                return deed()
        except DomainError:
            return None


def test_listed_time_can_be_booked_and_a_refused_one_cannot(franchise):
    clients = [franchise.a_client() for _ in range(4)]

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(DEEDS)
    def check(deeds):
        with suppress(Undone), db.transaction(db.Scope.of([franchise.clinic])) as tx:
            day = Day(tx, franchise, clients)
            for deed in deeds:
                day.do(*deed)
            raise Undone

    check()
