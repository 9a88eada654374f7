"""What must be true of the rows at every moment, whoever wrote them."""

import itertools
from datetime import timedelta

from hypothesis.stateful import invariant

from tests.integration.booking.lives.account import ENDED
from tests.integration.booking.lives.clinics import Clinics
from tests.integration.booking.lives.waiting import OFFERS

TAKEN = (
    "SELECT appointment_id, resource_id, lower(during) AS begins, upper(during) AS ends "
    "FROM booking.allocations WHERE active"
)
RECOVERING = (
    "SELECT appointment_id, client_id, recovery_group, treated_at, recovered_at "
    "FROM booking.recoveries WHERE active"
)
OFFERED = "SELECT id FROM booking.waiting_entries WHERE status = 'offered' ORDER BY id"


class Rows(Clinics):
    """Nobody and nothing is in two places; skin recovers; an offer is a hold, and the reverse."""

    @invariant()
    def the_rows_are_right(self):
        """Read them once, and look at them from every side."""
        self.look()
        self.standing = self.tx.all(OFFERS)
        self.nobody_and_nothing_is_in_two_places()
        self.what_is_taken_is_what_appointments_need()
        self.no_session_begins_while_skin_recovers()
        self.an_open_offer_is_a_place_that_is_kept()
        self.what_is_over_is_not_disrupted()

    def nobody_and_nothing_is_in_two_places(self):
        spans = [each for row in self.account.rows.values() for each in self.account.taken(row)]
        spans.sort(key=lambda each: (str(each[0]), each[1]))
        for (one, _, ends), (other, begins, _) in itertools.pairwise(spans):
            assert one != other or ends <= begins

    def what_is_taken_is_what_appointments_need(self):
        """No appointment without its allocations, and no allocation without its appointment."""
        rows = self.account.rows
        needed = {(one, *each) for one in rows for each in self.account.taken(rows[one])}
        found = {tuple(row.values()) for row in self.tx.all(TAKEN)}
        assert needed <= found, needed - found
        for one, *_ in found - needed:  # a hold that ran out, and that nobody has lapsed yet
            assert rows[one]["status"] == "held", rows[one]
            assert rows[one]["expires_at"] <= self.now

    def no_session_begins_while_skin_recovers(self):
        treated: dict[tuple, list] = {}
        planned = set()
        for row in self.account.rows.values():
            if self.account.treats(row):
                treatment = self.account.treatments[row["treatment_id"]]
                days, group = treatment["interval_days"], treatment["recovery_group"]
                day = self.account.day(row["starts_at"])
                treated.setdefault((row["client_id"], group), []).append((day, days))
                healed = self.account.wall(day + timedelta(days=days), 0)
                planned.add((row["id"], row["client_id"], group, row["starts_at"], healed))
        for plan in treated.values():
            plan.sort()
            for (first, interval), (second, _) in itertools.pairwise(plan):
                assert (second - first).days >= interval
        assert {tuple(row.values()) for row in self.tx.all(RECOVERING)} == planned

    def an_open_offer_is_a_place_that_is_kept(self):
        rows = self.account.rows
        waiting = {each["id"] for each in self.tx.all(OFFERED)}
        open_ones = [each for each in self.standing if each["status"] == "open"]
        assert len(open_ones) == len(waiting)
        assert {each["entry_id"] for each in open_ones} == waiting
        for offer in self.standing:
            hold = rows[offer["id"]]
            if offer["status"] == "open":
                assert hold["starts_at"] == offer["starts_at"]
                screened = self.account.screened(
                    hold["client_id"], hold["treatment_id"], hold["starts_at"]
                )
                assert screened is None or hold["status"] != "held", offer
            elif offer["status"] == "accepted":
                assert rows[offer["appointment_id"]]["status"] != "held"
                assert hold["status"] != "held"
            elif offer["status"] == "lapsed":
                assert hold["status"] != "held" or hold["expires_at"] <= self.now
            else:
                assert hold["status"] != "held", offer

    def what_is_over_is_not_disrupted(self):
        for row in self.account.rows.values():
            assert row["status"] not in ENDED or row["disrupted"] == [], row
