"""What happens around a wait: neighbours of a declined place, and treatments that took place."""

import pytest

DAY = {"earliest_time": "09:00", "latest_time": "17:00"}


def whole_day(line, franchise, **changes):
    return line.join(client_id=franchise.a_client(), **DAY, **changes)


@pytest.mark.parametrize("how", ["declined", "not answered"])
def test_a_declined_place_comes_not_back_a_few_minutes_later_before_the_next_in_line(
    line, franchise, hands, how
):
    first, second = whole_day(line, franchise), whole_day(line, franchise)
    line.turn()
    mine = line.offer(first)
    if how == "declined":
        line.decline(mine)
    else:
        hands.on(minutes=30)
    line.turn()
    assert line.offer(second)["starts_at"] == mine["starts_at"]
    again = [each for each in line.offers(first) if each["id"] != mine["id"]]
    assert all(
        each["starts_at"] >= mine["ends_at"] or each["ends_at"] <= mine["starts_at"]
        for each in again
    )


@pytest.mark.parametrize("step", ["arrive", "miss", "complete"])
def test_who_was_treated_or_did_not_come_waits_for_no_earlier_place(line, franchise, hands, step):
    own = line.desk.booked("14:00", days=0, practitioner_id=franchise.noor)
    entry = line.join(days=0, appointment_id=own["id"], until_day="2030-02-28", latest_time="17:00")
    hands.at = franchise.at("14:30", 0)
    for name in {"complete": ("arrive", "complete")}.get(step, (step,)):
        assert line.desk.step(own, name).status_code == 200
    line.turn()
    hands.on(days=9)
    line.turn()
    assert line.offers(entry) == []
    assert line.statuses(entry) == ["waiting" if step == "arrive" else "expired"]


@pytest.mark.parametrize(
    ("outcome", "days", "kept"),
    [("refuse", None, False), ("defer", 30, False), ("defer", 2, True), ("clear", None, True)],
)
def test_a_screening_that_says_no_takes_an_offer_back_and_asks_the_next(
    line, franchise, taken, three, outcome, days, kept
):
    line.cancel(taken)
    line.turn()
    offer = line.offer(three[0])
    until = franchise.at("09:00", days) if days else None
    line.screened(outcome, until, client_id=three[0]["client_id"])
    line.turn()
    if kept:
        assert line.statuses(*three[:2]) == ["offered", "waiting"]
    else:
        assert line.statuses(*three[:2]) == ["waiting", "offered"]
        assert line.offers(three[0])[0]["status"] == "withdrawn"
        assert line.offer(three[1])["starts_at"] == offer["starts_at"]
