"""Places that nobody freed, nights, crashes, and an appointment given up for an earlier one."""

import pytest

from services.booking.domain.changes import Change
from services.booking.usecases import appointments, clinics, freed, holds, practitioners, treatments
from shared import clock, db, ids
from tests.integration.booking.conftest import NINE_TO_SIX, problem
from tests.integration.booking.line import at_work, offered, run


def freed_places():
    with db.transaction(db.EVERY_CLINIC) as tx:
        return tx.all("SELECT * FROM booking.freed_places", {})


def test_who_joins_while_there_is_a_place_is_offered_it_at_once(line):
    entry = line.join()
    line.turn()
    assert line.statuses(entry) == ["offered"]


def test_new_hours_are_found_without_anybody_telling(line, franchise, hands):
    entry = line.join("19:00")
    line.turn()
    assert line.statuses(entry) == ["waiting"]
    late = [{**each, "closes": "21:00"} for each in NINE_TO_SIX]
    with db.transaction(db.EVERY_CLINIC) as tx:
        clinics.change(tx, clinics.find(tx, franchise.clinic, lock=True), {"hours": late})
        priya = practitioners.find(tx, franchise.clinic, franchise.priya, lock=True)
        practitioners.change(tx, priya, {"hours": late}, rota_id=ids.new())
    line.turn()
    assert line.statuses(entry) == ["waiting"]  # looked at a moment ago
    hands.on(minutes=10)
    line.turn()
    assert line.offer(entry)["starts_at"] == at_work(franchise, "19:00")


def test_what_a_look_finds_goes_to_the_first_in_line_not_to_whom_it_was_found_for(
    line, franchise, hands
):
    first = line.join("19:00", client_id=franchise.other)
    hands.on(minutes=5)
    line.turn()
    second = line.join("19:00")
    late = [{**each, "closes": "21:00"} for each in NINE_TO_SIX]
    with db.transaction(db.EVERY_CLINIC) as tx:
        clinics.change(tx, clinics.find(tx, franchise.clinic, lock=True), {"hours": late})
        priya = practitioners.find(tx, franchise.clinic, franchise.priya, lock=True)
        practitioners.change(tx, priya, {"hours": late}, rota_id=ids.new())
    line.turn()  # only the second is due for a look
    assert line.statuses(first, second) == ["offered", "waiting"]


def test_a_place_months_ahead_is_found_a_month_at_a_time(line, franchise, hands):
    line.screened("defer", franchise.at("00:00", 70))
    entry = line.join(until_day="2030-04-30")
    for _ in range(2):
        line.turn()
        assert line.statuses(entry) == ["waiting"]
        hands.on(minutes=10)
    line.turn()
    assert line.offer(entry)["starts_at"] == at_work(franchise, days=70)


def test_an_offer_ends_when_the_client_must_know(line, franchise, hands):
    soon = line.desk.booked(days=1, client_id=franchise.a_client(), practitioner_id=franchise.priya)
    entry = line.join(days=1, notice_minutes=100)
    hands.at = franchise.at("08:05", 1)
    line.cancel(soon)
    line.turn()
    assert line.offer(entry)["expires_at"] == at_work(franchise, "08:20", 0)


def test_who_must_know_earlier_is_not_asked_any_more(line, franchise, hands):
    soon = line.desk.booked(days=1, client_id=franchise.a_client(), practitioner_id=franchise.priya)
    entry = line.join(days=1, notice_minutes=111)
    hands.at = franchise.at("08:05", 1)
    line.cancel(soon)
    line.turn()
    assert line.statuses(entry) == ["waiting"]


def test_nobody_is_asked_at_night(line, franchise, taken, three, hands):
    hands.at = franchise.at("21:00", 0)
    line.cancel(taken)
    line.turn()
    hands.at = franchise.at("07:59", 1)
    line.turn()
    assert line.statuses(*three) == ["waiting"] * 3
    hands.on(minutes=1)
    line.turn()
    assert line.statuses(*three) == ["offered", "waiting", "waiting"]


def test_a_place_that_is_over_when_the_timer_comes_round_is_forgotten(line, franchise, hands):
    soon = line.desk.booked(
        "17:00", days=0, client_id=franchise.a_client(), practitioner_id=franchise.priya
    )
    entry = line.join("17:00", days=0)
    line.turn()
    line.cancel(soon)
    hands.at = franchise.at("18:30", 0)
    line.turn()
    assert line.statuses(entry) == ["waiting"]
    assert freed_places() == []


def test_nothing_is_written_where_nobody_waits(line, taken):
    line.cancel(taken)
    assert freed_places() == []


def test_an_earlier_place_is_moved_to_and_the_old_one_goes_to_the_next(
    line, franchise, taken, outbox
):
    own = line.desk.booked("14:00", days=9, practitioner_id=franchise.priya)
    swap = line.join(appointment_id=own["id"], until_day="2030-01-31", latest_time="17:00")
    late = line.join("14:00", days=9, client_id=franchise.other)
    line.change(swap, until_day="2030-01-14", latest_time="10:00")
    line.turn()
    assert line.statuses(swap, late) == ["waiting", "waiting"]
    line.cancel(taken)
    line.turn()
    assert line.statuses(swap, late) == ["offered", "waiting"]
    assert line.desk.show(own)["starts_at"] == own["starts_at"]
    moved = line.accept(line.offer(swap))
    assert moved.status_code == 200, moved.json
    assert moved.json["id"] == own["id"]
    assert moved.json["starts_at"] == taken["starts_at"]
    assert line.accept({"id": line.offers(swap)[0]["id"]}).json["id"] == own["id"]
    line.turn()
    assert line.statuses(swap, late) == ["booked", "offered"]
    assert line.offer(late)["starts_at"] == own["starts_at"]
    assert outbox()[-1]["type"] == "booking.appointment_moved.v1"


def test_a_later_or_overlapping_place_is_no_better(line, franchise, taken):
    own = line.desk.booked("10:30", practitioner_id=franchise.noor)
    entry = line.join(appointment_id=own["id"], latest_time="18:00", until_day="2030-01-31")
    line.turn()
    line.cancel(taken)
    line.turn()
    assert all(offer["starts_at"] < taken["starts_at"] for offer in line.offers(entry))


def test_who_has_given_up_the_appointment_otherwise_gets_a_new_one(line, franchise, taken):
    own = line.desk.booked("14:00", practitioner_id=franchise.noor)
    entry = line.join(appointment_id=own["id"])
    line.turn()
    line.cancel(taken)
    line.turn()
    offer = line.offer(entry)
    line.cancel(own)
    booked = line.accept(offer)
    assert (booked.status_code, booked.json["id"]) == (200, offer["id"])


def test_a_line_longer_than_one_turn_is_worked_off_to_its_end(line, taken, three, monkeypatch):
    monkeypatch.setattr(freed, "LOOKS", 1)
    for entry in three[:2]:
        line.screened("refuse", None, entry["client_id"])
    line.cancel(taken)
    line.turn()
    assert line.statuses(*three) == ["waiting", "waiting", "offered"]


def test_a_crash_between_looking_and_committing_offers_the_place_once(line, taken, three):
    line.cancel(taken)

    class Crash(Exception):
        pass

    def crashing(tx, now):
        freed.offer_next(tx, now)
        raise Crash

    with pytest.raises(Crash):
        run(crashing, clock.now())
    assert offered() == []
    assert line.statuses(*three) == ["waiting"] * 3
    line.turn()
    assert len(offered()) == 1
    assert line.statuses(*three) == ["offered", "waiting", "waiting"]


def test_a_clinic_that_takes_no_bookings_offers_nothing(line, franchise, taken, three):
    line.cancel(taken)
    with db.transaction(db.EVERY_CLINIC) as tx:
        clinics.change(tx, clinics.find(tx, franchise.clinic, lock=True), {"active": False})
    line.turn()
    assert line.statuses(*three) == ["waiting"] * 3
    assert freed_places() == []


def test_who_leaves_the_line_while_it_is_read_is_passed_by(line, taken, three, monkeypatch):
    line.cancel(taken)
    read, left = freed.waiting.line, []

    def read_and_leave(tx, wanted):
        found = read(tx, wanted)
        if not left:
            left.append(line.withdraw(three[0]))
        return found

    monkeypatch.setattr(freed.waiting, "line", read_and_leave)
    line.turn()
    assert line.statuses(*three) == ["withdrawn", "offered", "waiting"]


def test_a_place_that_the_desk_books_while_the_line_is_read_is_offered_to_nobody(
    line, franchise, taken, three, monkeypatch
):
    line.cancel(taken)
    find, booked = freed.waiting.find, []

    def book_and_find(tx, entry_id, *, lock=False):
        if lock and not booked:
            booked.append(
                line.desk.booked(client_id=franchise.a_client(), practitioner_id=franchise.priya)
            )
        return find(tx, entry_id, lock=lock)

    monkeypatch.setattr(freed.waiting, "find", book_and_find)
    line.turn()
    assert line.statuses(*three) == ["waiting"] * 3
    assert offered() == []
    assert freed_places() == []


def test_who_withdraws_after_the_hold_lapsed_leaves_nothing_behind(line, taken, three, hands):
    line.cancel(taken)
    line.turn()
    hands.on(minutes=30)
    run(holds.lapse, clock.now())
    line.withdraw(three[0])
    line.turn()
    assert line.statuses(*three) == ["withdrawn", "offered", "waiting"]
    assert [each["status"] for each in line.offers(three[0])] == ["withdrawn"]


def test_a_place_that_was_given_back_at_the_desk_cannot_be_moved_to(line, franchise, taken):
    own = line.desk.booked("14:00", practitioner_id=franchise.noor)
    entry = line.join(appointment_id=own["id"])
    line.turn()
    line.cancel(taken)
    line.turn()
    offer = line.offer(entry)
    with db.transaction(db.EVERY_CLINIC) as tx:
        hold = appointments.find(tx, offer["id"], lock=True)
        holds.let_go(tx, hold, Change(None, clock.now()))
    assert problem(line.accept(offer)) == (409, "hold-lapsed")
    line.turn()
    assert line.statuses(entry) == ["waiting"]
    assert [each["status"] for each in line.offers(entry)] == ["lapsed"]
    assert line.desk.show(own)["starts_at"] == own["starts_at"]


def test_who_waits_for_some_zones_is_offered_their_time(line, franchise):
    zones = [{"zone": "ZON-08", "minutes": 25}, {"zone": "ZON-10", "minutes": 15}]
    with db.transaction(db.EVERY_CLINIC) as tx:
        current = treatments.find(tx, franchise.clinic, franchise.treatment, lock=True)
        treatments.change(tx, current, {"zone_minutes": zones})
    for at in ("09:00", "10:30"):  # half an hour is free between
        line.desk.booked(at, client_id=franchise.a_client(), practitioner_id=franchise.priya)
    whole = line.join(client_id=franchise.other)
    chin = line.join(zones=["ZON-08"])
    assert chin["zones"] == ["ZON-08"]
    line.turn()
    assert line.statuses(whole, chin) == ["waiting", "offered"]
    booked = line.accept(line.offer(chin)).json
    assert (booked["zones"], booked["ends_at"]) == (["ZON-08"], at_work(franchise, "10:25"))


def test_a_zone_that_the_treatment_does_not_have_cannot_be_waited_for(line):
    answer = line.ask(zones=["ZON-17"])
    assert answer.status_code == 422, answer.json
