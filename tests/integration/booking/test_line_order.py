"""The order of the line is the same on paper and in the database, and on the days clocks change."""

import random
from datetime import date, timedelta

import pytest

from services.booking.domain import waiting as rules
from services.booking.store import waiting as store
from shared import clock, db, ids

PAGE = {"first_day": date(2030, 1, 1), "last_day": date(2030, 1, 31)}


def stored(tx, franchise, chance):
    """Store an entry of any rank; times repeat, so that the id decides as well."""
    created_at = clock.now() + timedelta(minutes=chance.randrange(4))
    entry = {
        "id": ids.new(),
        "clinic_id": franchise.clinic,
        "client_id": ids.new(),
        "treatment_id": franchise.treatment,
        "practitioner_id": None,
        "weekdays": [1],
        "earliest_minute": 0,
        "latest_minute": 1440,
        "from_day": date(2030, 1, 1),
        "until_day": date(2030, 1, 31),
        "notice_minutes": 0,
        "priority": chance.randrange(3),
        "priority_reason": "Travels far",
        "appointment_id": None,
        "zones": None,
        "created_at": created_at,
        "created_by": None,
        "expires_at": created_at + timedelta(days=31),
    }
    assert store.insert(tx, entry)
    return entry


@pytest.mark.parametrize("seed", range(5))
def test_the_line_in_the_database_is_the_line_on_paper(hands, franchise, seed):
    chance = random.Random(seed)  # noqa: S311 # repeatable, not secret
    after = {"after_priority": None, "after_created_at": None, "after_id": None}
    read = []
    with db.transaction(db.EVERY_CLINIC) as tx:
        entries = [stored(tx, franchise, chance) for _ in range(25)]
        while True:
            wanted = {"clinic_id": franchise.clinic, "limit": chance.randint(1, 7), **PAGE}
            page = store.line(tx, wanted | after)
            if not page:
                break
            read += [row["id"] for row in page]
            after = {f"after_{name}": page[-1][name] for name in ("priority", "created_at", "id")}
    assert read == [entry["id"] for entry in sorted(entries, key=rules.rank)]


@pytest.mark.parametrize(
    ("day", "starts_at"),
    [
        ("2030-03-31", "2030-03-31T09:00:00Z"),  # the clocks went forward in the night
        ("2030-10-27", "2030-10-27T10:00:00Z"),  # and back
    ],
)
def test_a_wish_for_ten_o_clock_is_met_at_ten_by_the_wall_on_the_days_clocks_change(
    line, day, starts_at
):
    entry = line.join("10:00", from_day=day, until_day=day)
    line.turn()
    assert line.offer(entry)["starts_at"] == starts_at


def test_a_night_in_which_clocks_change_is_as_quiet_as_any(line, franchise, hands):
    hands.at = franchise.at("12:00", 82)  # Saturday 30 March
    taken = line.desk.booked(
        days=2, client_id=franchise.a_client(), practitioner_id=franchise.priya
    )
    entry = line.join(days=2)
    line.turn()
    hands.at = franchise.at("22:00", 0)
    line.cancel(taken)
    line.turn()
    hands.at = franchise.at("07:59", 1)
    line.turn()
    assert line.statuses(entry) == ["waiting"]
    hands.on(minutes=1)
    line.turn()
    assert line.statuses(entry) == ["offered"]
