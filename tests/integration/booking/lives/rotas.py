"""Clinics close and open on single dates; people get other rotas, other dates, or are away."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.booking.usecases import absences, days, practitioner_days, practitioners, rotas
from shared import ids
from tests.integration.booking.lives.account import DAY, Rota
from tests.integration.booking.lives.clinics import Clinics
from tests.integration.booking.lives.hours import dates, entries, typed, typed_entry, weeks


class Rotas(Clinics):
    """Whatever is planned, the times that are listed follow, of this person and this clinic."""

    def asked_of(self, data, clinic, person=None):
        """Look at the times of a person, or of anybody, whose plan has changed."""
        if data.draw(st.integers(0, 2), "the timer comes at once") == 0:
            self.the_timer_looks(data)
        here = [each for each in self.clients if self.account.home[each] == clinic]
        client = data.draw(st.sampled_from([*here, None]), "client")
        self.listed(self.draw_wish(data, client=client, clinic=clinic, person=person))

    @rule(data=st.data(), week=weeks)
    def a_week_changes(self, data, week):
        clinic, person = self.draw_person(data)
        current = practitioners.find(self.tx, clinic, person, lock=True)
        practitioners.change(self.tx, current, {"hours": typed(week)}, rota_id=ids.new())
        standing = next(each for each in self.account.rotas[clinic, person] if each.last is None)
        standing.every, standing.hours = 1, [(1, *each) for each in week]
        self.asked_of(data, clinic, person)

    @rule(data=st.data(), odd=weeks, even=weeks)
    def a_rota_follows_another(self, data, odd, even):
        """The rota without end ends, and one of two weeks begins the day after."""
        clinic, person = self.draw_person(data)
        current = practitioners.find(self.tx, clinic, person, lock=True)
        known = rotas.page(self.tx, clinic, person, {"limit": 100, "begins": None, "id": None})
        standing = next(each for each in known if each["valid_until"] is None)
        last, now = self.draw_day(data), self.now
        hours = [(week, *each) for week, days in ((1, odd), (2, even)) for each in days]
        wanted = {"id": ids.new(), "valid_from": last + DAY, "valid_until": None}
        wanted |= {"every_weeks": 2, "hours": [typed_entry(each) for each in hours]}
        ended = self.attempt(
            lambda: rotas.change(self.tx, current, standing, {"valid_until": last}, now=now)
        )
        ours = next(each for each in self.account.rotas[clinic, person] if each.last is None)
        assert bool(ended) == (ours.first is None or ours.first <= last)
        if ended:
            rotas.add(self.tx, current, wanted, now=now)
            ours.last = last
            self.account.rotas[clinic, person].append(Rota(last + DAY, None, 2, hours))
            self.count("rota followed", ended)
            self.asked_of(data, clinic, person)

    @rule(data=st.data(), hours=dates)
    def a_person_works_otherwise_on_a_date(self, data, hours):
        """No hours at all is a day off; None: the rota counts again."""
        row = self.draw_appointment(data)
        clinic, person = self.draw_person(data, row)
        day, who = self.draw_day(data, row), {"clinic_id": clinic, "id": person}
        known = self.account.shifts.pop((clinic, person, day), None)
        found = known and practitioner_days.find(self.tx, clinic, person, known[0], lock=True)
        if hours is None:
            if known:
                practitioner_days.remove(self.tx, found, now=self.now)
            return self.asked_of(data, clinic, person)
        wanted = {"id": ids.new(), "day": day, "hours": entries(hours)}
        done = self.attempt(lambda: practitioner_days.add(self.tx, who, wanted, now=self.now))
        assert bool(done) == (known is None)
        if known:
            done = practitioner_days.change(self.tx, found, wanted, now=self.now)
        self.account.shifts[clinic, person, day] = (done["id"], hours)
        self.count("other shift", done)
        return self.asked_of(data, clinic, person)

    @rule(data=st.data(), hours=dates)
    def a_clinic_opens_otherwise_on_a_date(self, data, hours):
        """No hours at all: it is closed; None: the weekday's hours count again."""
        row = self.draw_appointment(data)
        clinic, _ = self.draw_person(data, row)
        day = self.draw_day(data, row)
        known = self.account.days.pop((clinic, day), None)
        found = known and days.find(self.tx, clinic, known[0], lock=True)
        if hours is None:
            if known:
                days.remove(self.tx, found, now=self.now)
            return self.asked_of(data, clinic)
        wanted = {"id": ids.new(), "day": day, "hours": entries(hours), "reason": None}
        done = self.attempt(lambda: days.add(self.tx, clinic, wanted, now=self.now))
        assert bool(done) == (known is None)
        if known:
            done = days.change(self.tx, found, {"hours": wanted["hours"]}, now=self.now)
        self.account.days[clinic, day] = (done["id"], hours)
        self.count("other opening", done)
        return self.asked_of(data, clinic)

    @rule(data=st.data(), many=st.integers(0, 3))
    def somebody_is_away(self, data, many):
        row = self.draw_appointment(data)
        clinic, person = self.draw_person(data, row)
        first = self.draw_day(data, row)
        span = {"first_day": first, "last_day": first + timedelta(days=many)}
        wanted = {"id": ids.new(), "kind": "leave", **span}
        who = {"clinic_id": clinic, "id": person}
        absences.add(self.tx, who, wanted, now=self.now)
        absences.tell(self.tx, person)
        self.account.absences[wanted["id"]] = (person, *span.values())
        self.count("away", wanted)
        for each in self.clinics:  # who is away is away everywhere
            if person in self.account.places[each].people:
                self.asked_of(data, each, person)

    @precondition(lambda self: self.account.absences)
    @rule(data=st.data(), longer=st.sampled_from([None, 0, 1, 4]))
    def somebody_is_back_or_away_longer(self, data, longer):
        chosen = data.draw(st.sampled_from(sorted(self.account.absences)), "absence")
        person, first, _ = self.account.absences[chosen]
        current = absences.find(self.tx, person, chosen, lock=True)
        clinic = next(each for each in self.clinics if person in self.account.places[each].people)
        if longer is None:
            absences.remove(self.tx, current)
            del self.account.absences[chosen]
        else:
            who, last = {"clinic_id": clinic, "id": person}, self.today + longer * DAY
            changes = {"first_day": min(first, last), "last_day": last}
            absences.change(self.tx, who, current, changes, now=self.now)
            self.account.absences[chosen] = (person, *changes.values())
        absences.tell(self.tx, person)
        self.asked_of(data, clinic, person)
