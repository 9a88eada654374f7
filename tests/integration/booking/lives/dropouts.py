"""Pens and people drop out; the timer marks what cannot take place; the desk puts it elsewhere."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.booking.usecases import disruptions, practitioners, replans
from services.booking.usecases.replans import Item
from shared import ids
from tests.integration.booking.lives.account import MINUTE, UPCOMING
from tests.integration.booking.lives.clinics import Clinics

TURNS = 200


class Dropouts(Clinics):
    """What is marked is just what cannot take place, and what is proposed can be had."""

    @rule(data=st.data(), state=st.sampled_from(["idle", "idle", "unfit", "offline", "retired"]))
    def a_pen_drops_out_or_is_back(self, data, state):
        row = self.draw_appointment(data)
        pen = row and row["device_id"]
        pen = pen or data.draw(st.sampled_from(sorted(self.account.pens)), "pen")
        clinic, name, _ = self.account.pens[pen]
        self.tell_of(pen, clinic, name, state)
        if data.draw(st.integers(0, 2), "the timer comes at once") == 0:
            self.the_timer_looks(data)

    @rule(data=st.data(), back=st.booleans())
    def a_person_leaves_or_is_back(self, data, back):
        clinic, person = self.draw_person(data, self.draw_appointment(data))
        current = practitioners.find(self.tx, clinic, person, lock=True)
        practitioners.change(self.tx, current, {"active": back}, rota_id=ids.new())
        (self.account.left.discard if back else self.account.left.add)((clinic, person))
        if data.draw(st.integers(0, 2), "the timer comes at once") == 0:
            self.the_timer_looks(data)

    def marked(self):
        """Let the timer look at whatever was asked for, and a minute later once more."""
        for now in (self.now, self.now + MINUTE):
            self.account.now = now
            for _ in range(TURNS):
                disruptions.watch_sleepers(self.tx, now)
                if not disruptions.look(self.tx, now):
                    break
            else:
                raise AssertionError("The timer never comes to an end.")
        self.look()

    @rule(data=st.data())
    def the_timer_looks_again(self, data):
        self.the_timer_looks(data)

    def the_timer_looks(self, data):
        """Mark what cannot take place, and no more; then perhaps put it elsewhere."""
        self.marked()
        for row in self.account.rows.values():
            if row["status"] in UPCOMING and row["starts_at"] >= self.now:
                expected = self.amiss_with(row)
                here = self.account.home[row["client_id"]] == row["clinic_id"]
                found = row["disrupted"]
                if not here:  # whoever went elsewhere is screened there
                    found = [kind for kind in found if not kind.startswith("screening")]
                    expected = [kind for kind in expected if not kind.startswith("screening")]
                assert found == expected, row
                self.count("disrupted", expected or None)
        if data.draw(st.integers(0, 2), "the desk puts it elsewhere") == 0:
            for clinic in self.clinics:
                self.the_desk_takes_what_is_proposed(clinic)

    def amiss_with(self, row):
        """Why an appointment cannot take place with its own people and things, by kind."""
        account, clinic, person = self.account, row["clinic_id"], row["practitioner_id"]
        at, ends, found = row["starts_at"], row["ends_at"], set()
        day = account.day(at)
        if not self.covers(lambda date: account.opening(clinic, date), row):
            found.add("clinic_closed" if (clinic, day) in account.days else "outside_hours")
        if (clinic, person) in account.left:
            found.add("practitioner_left")
        elif day > account.credentials[clinic, person]:
            found.add("credential_ends")
        elif not self.covers(lambda date: account.working(clinic, person, date), row):
            found.add("practitioner_away")
        if row["device_id"] and account.pens[row["device_id"]][2] == "retired":
            found.add("device_gone")
        elif row["device_id"] and not account.fit(row["device_id"], at):
            found.add("device_unfit")
        found.add(account.screened(row["client_id"], row["treatment_id"], at))
        if row["course_id"] in account.paused:
            found.add("course_paused")
        assert at < ends
        return sorted(found - {None})

    def covers(self, hours, row):
        first, last = self.account.day(row["starts_at"]), self.account.day(row["ends_at"])
        spans = self.account.spans(hours, first, last)
        return any(a <= row["starts_at"] and row["ends_at"] <= b for a, b in spans)

    def the_desk_takes_what_is_proposed(self, clinic):
        self.look()  # the other clinic's desk may have moved whom both share
        wanted = {"clinic_id": clinic, "resource_id": None, "starts_from": None}
        hit = disruptions.ids(self.tx, wanted | {"starts_until": None}, self.now, 10)
        proposed = replans.proposed(self.tx, clinic, hit, self.now)
        items = []
        for each in proposed:
            if each["outcome"] == "proposed":
                item = Item(**each["proposal"]["item"])
                self.is_possible(item)
                items.append(item)
        if not items:
            return
        done = self.attempt(lambda: replans.replan(self.tx, clinic, items, self.change))
        assert done, items
        for each in done:
            self.count(each["outcome"], each)
            stands = set(each["appointment"]["disrupted"])
            assert stands <= {"course_paused"}

    def is_possible(self, item):
        row = self.account.rows[item.appointment_id]
        at = item.starts_at or row["starts_at"]
        if at != row["starts_at"]:
            asked = self.asked_for(row, item.practitioner_id)
            assert self.account.known(asked)
            assert self.account.who(asked, at), item

    @precondition(lambda self: self.having("booked", "confirmed"))
    @rule(data=st.data())
    def the_desk_puts_it_elsewhere(self, data):
        current = self.pick(data, "booked", "confirmed")
        at_work = self.account.places[current["clinic_id"]].people
        person = data.draw(st.sampled_from(at_work), "to")
        asked = self.asked_for(current, person)
        at = self.draw_start(data, self.listed(asked, current["id"]))
        if at == current["starts_at"]:
            return
        item = Item(current["id"], current["version"], at, person)
        clinic, possible = current["clinic_id"], self.account.known(asked)
        possible = possible and self.account.who(asked, at)
        done = self.attempt(lambda: replans.replan(self.tx, clinic, [item], self.change))
        assert bool(done) == bool(possible), (item, done)
        self.count("put elsewhere", done)
