"""People book courses, move sessions with or without the rest, pause them and give them up."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.booking.usecases import appointments, course_bookings, course_moves, courses
from services.booking.usecases.appointments import Move
from services.booking.usecases.course_bookings import NewCourse
from shared import ids
from tests.integration.booking.lives.account import DAY, MINUTE, Account, Asked
from tests.integration.booking.lives.appointments import MOVABLE
from tests.integration.booking.lives.clinics import Clinics

USUAL_DAYS, DRIFT = 14, 14


@dataclass
class Wishes:
    """How the sessions of a course shall lie."""

    days: int
    most: int
    weekdays: frozenset[int] = frozenset()
    earliest: int = 0
    latest: int = 1440


@dataclass
class Aim:
    """Where a session shall be: exactly there, or as near as can be to a day and a time of it."""

    person: UUID | None
    at: datetime | None = None
    day: date | None = None
    minute: int = 0


def planned(account: Account, asked: Asked, aims: Sequence[Aim], wishes: Wishes):
    """Each session's start and who may give it; None when one of them finds no time."""
    found: list[tuple[datetime, set[UUID]]] = []
    sessions: list[dict] = []
    for aim in aims:
        question = replace(asked, person=aim.person, more=tuple(sessions))
        if not account.known(question):
            return None
        if aim.at:
            at, who = aim.at, account.who(question, aim.at)
        else:
            at, who = _nearest(account, question, aim, account.day(found[-1][0]), wishes)
        if not who:
            return None
        found.append((at, who))
        length = asked.treatment["duration_minutes"] * MINUTE
        taken = {"id": ids.new(), "starts_at": at, "ends_at": at + length, "status": "booked"}
        taken |= {"client_id": asked.client, "treatment_id": asked.treatment["id"]}
        taken |= dict.fromkeys(("practitioner_id", "room_id", "device_id"))
        sessions.append(taken | {"clinic_id": asked.clinic})
    return found


def _nearest(account, question, aim, before, wishes):
    """The day nearest to the wished one, then the time; of two as near the later."""
    soonest = max(question.treatment["interval_days"], 2 * wishes.days - wishes.most)
    wished = max(before + soonest * DAY, aim.day or before + wishes.days * DAY)
    until = max(wished, before + wishes.most * DAY)
    minute = min(max(aim.minute, wishes.earliest), wishes.latest, 1439)
    begins, ends = account.wall(before + soonest * DAY, 0), account.wall(until + DAY, 0)
    best = None
    for at, who in account.possible(question, begins, ends).items():
        day, shown = account.day(at), account.minute(at)
        if wishes.weekdays and day.isoweekday() not in wishes.weekdays:
            continue
        if not wishes.earliest <= shown <= wishes.latest:
            continue
        days, minutes = (day - wished).days, shown - minute
        order = (abs(days), -days, abs(minutes), -minutes, at)
        if best is None or order < best[0]:
            best = (order, at, who)
    return best[1:] if best else (None, set())


class Courses(Clinics):
    """A course is booked just where the account would put it, or not at all."""

    @rule(data=st.data(), many=st.integers(2, 3), same=st.booleans())
    def book_a_course(self, data, many, same):
        asked = self.draw_wish(data)
        times = self.listed(asked)
        at = self.draw_start(data, times)
        wishes = self.draw_wishes(data, asked)
        wanted = NewCourse(
            ids.new(),
            tuple(ids.new() for _ in range(12)),
            asked.clinic,
            asked.client,
            asked.treatment["id"],
            at,
            sessions=many,
            interval_days=wishes.days,
            most_interval_days=wishes.most,
            weekdays=wishes.weekdays,
            earliest=wishes.earliest,
            latest=wishes.latest,
            practitioner_id=asked.person,
            same_practitioner=same,
        )
        done = self.attempt(lambda: course_bookings.book(self.tx, wanted, self.change))
        expected = self.expected(asked, at, many, wishes, same=same)
        self.are_as_planned(done and [each["appointment"] for each in done["sessions"]], expected)
        if self.count("courses", done):
            self.look()
            self.move_a_session(data, [each["appointment"]["id"] for each in done["sessions"]])

    def draw_wishes(self, data, asked):
        least = asked.treatment["interval_days"]
        days = data.draw(st.sampled_from([least, max(least, USUAL_DAYS)]), "interval")
        wishes = Wishes(days, days + data.draw(st.sampled_from([0, 3, DRIFT, DRIFT]), "drift"))
        if data.draw(st.integers(0, 3), "other wishes") == 0:
            wishes.weekdays = frozenset(data.draw(st.sets(st.integers(1, 7)), "weekdays"))
            wishes.earliest, wishes.latest = data.draw(st.sampled_from([(0, 1440), (540, 900)]))
        return wishes

    def expected(self, asked, at, many, wishes, *, same):
        people = [asked.person]
        if same and asked.person is None and self.account.known(asked):
            first = self.account.who(asked, at)
            at_work = self.account.places[asked.clinic].people  # in the order of their names
            people = [each for each in at_work if each in first]
        for person in people:
            minute = self.account.minute(at)
            rest = [Aim(person, minute=minute) for _ in range(many - 1)]
            if plan := planned(self.account, asked, [Aim(person, at), *rest], wishes):
                return plan
        return None

    def are_as_planned(self, booked, expected):
        assert bool(booked) == bool(expected), (booked, expected)
        if not booked:
            return
        assert [each["starts_at"] for each in booked] == [at for at, _ in expected]
        for each, (_, who) in zip(booked, expected, strict=True):
            assert each["practitioner_id"] in who
            assert each["status"] == "booked"

    def sessions_of(self, course_id):
        rows = self.account.rows.values()
        found = [row for row in rows if row["course_id"] == course_id]
        return sorted(found, key=lambda row: row["course_number"])

    def in_courses(self):
        return [one for one in self.having(*MOVABLE) if self.account.rows[one]["course_id"]]

    @precondition(lambda self: self.in_courses())
    @rule(data=st.data())
    def a_session_moves(self, data):
        self.move_a_session(data, self.in_courses())

    def move_a_session(self, data, sessions):
        moves = [self.move_the_rest_along, self.move_one_and_be_warned]
        for _ in range(data.draw(st.integers(1, 3), "moves")):
            chosen = data.draw(st.sampled_from(sessions), "session")
            if chosen in self.having(*MOVABLE):
                moves[data.draw(st.integers(0, 1), "alone")](data, chosen)
                self.look()

    def move_the_rest_along(self, data, chosen):
        current = self.account.rows[chosen]
        course = courses.find(self.tx, current["course_id"])
        at_work = self.account.places[current["clinic_id"]].people
        to = data.draw(st.sampled_from([None, *at_work]), "to")
        moving = [current, *self.later_than(current)]
        asked = self.asked_for(current, to)
        asked.besides = frozenset(each["id"] for each in moving)
        self.look()
        begins = self.now.replace(minute=0, second=0, microsecond=0)
        known = self.account.known(asked)
        times = self.account.possible(asked, begins, begins + 7 * DAY) if known else {}
        at = self.draw_start(data, times)
        expected = self.moved_along(asked, course, moving, at, to)
        locked = {**current, **appointments.find(self.tx, chosen, lock=True)}
        move = Move(at, to)
        done = self.attempt(
            lambda: course_moves.move(self.tx, locked, move, self.change, shift=True)
        )
        self.are_as_planned(done and [done, *done["moved_along"]], expected)
        self.count("moved along", done)

    def later_than(self, current):
        return [
            row
            for row in self.sessions_of(current["course_id"])
            if row["course_number"] > current["course_number"] and row["status"] in MOVABLE
        ]

    def moved_along(self, asked, course, moving, at, to):
        wishes = Wishes(
            course["interval_days"],
            course["most_interval_days"],
            frozenset(course["weekdays"]),
            course["earliest_minute"],
            course["latest_minute"],
        )
        shifted = self.account.day(at) - self.account.day(moving[0]["starts_at"])
        bound = course["same_practitioner"] or course["practitioner_id"]
        later = [
            Aim(
                (to or each["practitioner_id"]) if bound else None,
                day=self.account.day(each["starts_at"]) + shifted,
                minute=self.account.minute(each["starts_at"]),
            )
            for each in moving[1:]
        ]
        return planned(self.account, asked, [Aim(asked.person, at), *later], wishes)

    def move_one_and_be_warned(self, data, chosen):
        """A session goes some days on; whatever is too near or too far by then is told."""
        current = appointments.find(self.tx, chosen, lock=True)
        days = timedelta(days=data.draw(st.sampled_from([-3, -1, 0, 1, 2, 7]), "days"))
        day = self.account.day(current["starts_at"]) + days
        at = self.account.wall(day, self.account.minute(current["starts_at"]))
        asked = self.asked_for(current, promised=at == current["starts_at"])
        anybody = (asked.clinic, asked.person) in self.account.left
        asked.person = None if anybody else asked.person
        possible = self.account.known(asked) and self.account.who(asked, at)
        move = Move(at)
        done = self.attempt(
            lambda: course_moves.move(self.tx, current, move, self.change, shift=False)
        )
        assert bool(done) == bool(possible), (current, at)
        if done:
            self.look()
            warned = [(tuple(w["sessions"]), w["days"]) for w in done["course_warnings"]]
            assert warned == self.amiss(self.account.rows[chosen]), done["course_warnings"]
            self.count("warned", warned or None)

    def amiss(self, moved):
        """The sessions beside one that are not as far from it as the course wished."""
        course = courses.find(self.tx, moved["course_id"])
        rows = [
            row
            for row in self.sessions_of(moved["course_id"])
            if row["status"] in {*MOVABLE, "arrived", "in_treatment", "completed"}
        ]
        found = []
        for one, other in itertools.pairwise(rows):
            days = (self.account.day(other["starts_at"]) - self.account.day(one["starts_at"])).days
            beside = moved["id"] in {one["id"], other["id"]}
            if beside and not course["interval_days"] <= days <= course["most_interval_days"]:
                found.append(((one["course_number"], other["course_number"]), days))
        return found

    def running(self):
        return sorted({row["course_id"] for row in self.account.rows.values() if row["course_id"]})

    @precondition(lambda self: self.running())
    @rule(data=st.data())
    def give_a_course_up(self, data):
        chosen = data.draw(st.sampled_from(self.running()), "course")
        done = self.attempt(lambda: courses.cancel(self.tx, chosen, self.change))
        before = {row["id"]: row["status"] for row in self.sessions_of(chosen)}
        self.look()
        for row in self.sessions_of(chosen):
            was = before[row["id"]]
            assert row["status"] == ("cancelled" if was in MOVABLE else was)
        self.count("given up", done)
        if done:
            self.account.paused.discard(chosen)

    @precondition(lambda self: self.running())
    @rule(data=st.data(), status=st.sampled_from(["paused", "active"]))
    def a_course_is_paused_or_goes_on(self, data, status):
        chosen = data.draw(st.sampled_from(self.running()), "course")
        current = courses.find(self.tx, chosen, lock=True)
        done = self.attempt(lambda: courses.change(self.tx, current, status, self.change))
        if done and status == "paused":
            self.account.paused.add(chosen)
        elif done:
            self.account.paused.discard(chosen)
