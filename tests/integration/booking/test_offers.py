"""A place that becomes free goes to the first in line whom it suits, and to one only."""

from datetime import timedelta

from shared import clock
from tests.integration.booking.conftest import problem
from tests.integration.booking.line import at_work, offered

MINUTES = timedelta(minutes=1)


def test_nothing_is_offered_while_nothing_is_free(line, three):
    assert line.statuses(*three) == ["waiting"] * 3
    assert offered() == []


def test_a_cancelled_place_is_kept_for_the_first_in_line(line, franchise, taken, three):
    line.cancel(taken)
    line.turn()
    assert line.statuses(*three) == ["offered", "waiting", "waiting"]
    offer = line.offer(three[0])
    assert offer["starts_at"] == taken["starts_at"]
    assert offer["expires_at"] == (clock.now() + 30 * MINUTES).isoformat().replace("+00:00", "Z")
    assert line.shown(three[0])["offer_id"] == offer["id"]
    refused = line.desk.book(client_id=franchise.other, practitioner_id=franchise.priya)
    assert problem(refused) == (409, "practitioner-busy")
    [event] = offered()
    assert str(event["subject"]) == event["data"]["offer_id"] == offer["id"]
    assert event["data"]["client_id"] == three[0]["client_id"]
    assert event["data"]["starts_at"] == offer["starts_at"]
    assert event["data"]["expires_at"] == offer["expires_at"]


def test_who_comes_first_for_a_reason_is_asked_first(line, taken, three):
    line.change(three[2], priority=1, priority_reason="Leaves the country")
    line.cancel(taken)
    line.turn()
    assert line.statuses(*three) == ["waiting", "waiting", "offered"]


def test_an_accepted_place_is_the_appointment(line, taken, three, outbox):
    line.cancel(taken)
    line.turn()
    offer = line.offer(three[0])
    booked = line.accept(offer)
    assert booked.status_code == 200, booked.json
    assert booked.json["id"] == offer["id"]
    assert booked.json["status"] == "booked"
    assert booked.json["client_id"] == three[0]["client_id"]
    again = line.accept(offer)
    assert (again.status_code, again.json["id"]) == (200, offer["id"])
    line.turn()
    assert line.statuses(*three) == ["booked", "waiting", "waiting"]
    assert [event["type"] for event in outbox()].count("booking.appointment_booked.v1") == 2
    assert line.offers(three[0])[0]["appointment_id"] == offer["id"]
    assert problem(line.desk.client.post(f"/v1/offers/{offer['id']}/decline")) == (
        409,
        "offer-closed",
    )


def test_a_declined_place_goes_to_the_next_and_not_to_the_same_again(line, taken, three):
    line.cancel(taken)
    line.turn()
    declined = line.decline(line.offer(three[0]))
    assert declined["status"] == "declined"
    assert line.decline(declined)["status"] == "declined"
    assert problem(line.accept(declined)) == (409, "offer-closed")
    line.turn()
    assert line.statuses(*three) == ["waiting", "offered", "waiting"]
    line.decline(line.offer(three[1]))
    line.turn()
    line.decline(line.offer(three[2]))
    line.turn()
    assert line.statuses(*three) == ["waiting"] * 3
    assert len(offered()) == 3


def test_an_offer_that_nobody_answers_goes_to_the_next(line, taken, three, hands):
    line.cancel(taken)
    line.turn()
    unanswered = line.offer(three[0])
    hands.on(minutes=30)
    assert problem(line.accept(unanswered)) == (409, "hold-lapsed")
    line.turn()
    assert line.statuses(*three) == ["waiting", "offered", "waiting"]
    assert line.offers(three[0])[0]["status"] == "lapsed"
    assert problem(line.accept(unanswered)) == (409, "offer-closed")
    hands.on(minutes=30)
    line.turn()
    hands.on(minutes=30)
    line.turn()
    hands.on(hours=1)
    line.turn()
    assert line.statuses(*three) == ["waiting"] * 3
    assert len(offered()) == 3


def test_who_withdraws_leaves_the_offered_place_to_the_next(line, taken, three):
    line.cancel(taken)
    line.turn()
    line.withdraw(three[0])
    line.turn()
    assert line.statuses(*three) == ["withdrawn", "offered", "waiting"]


def test_an_erased_client_leaves_the_offered_place_to_the_next(line, franchise, taken, three):
    line.cancel(taken)
    line.turn()
    told = {"client_id": three[0]["client_id"], "clinic_id": str(franchise.clinic)}
    franchise.hear("client_records.client_erased.v1", told, subject=three[0]["client_id"])
    line.turn()
    assert line.statuses(*three) == ["withdrawn", "offered", "waiting"]


def test_a_place_that_is_left_by_a_move_is_offered(line, franchise, taken, three):
    assert line.desk.move(taken, starts_at=at_work(franchise, "14:00")).status_code == 200
    line.turn()
    assert line.offer(three[0])["starts_at"] == taken["starts_at"]


def test_a_hold_that_lapses_is_offered(line, franchise, hands):
    wanted = line.desk.wanted(practitioner_id=franchise.priya)
    wanted.pop("client_id")
    path = f"/v1/clinics/{franchise.clinic}/holds"
    assert line.desk.client.post(path, json=wanted).status_code == 201
    entry = line.join()
    line.turn()
    assert line.statuses(entry) == ["waiting"]
    hands.on(minutes=10)
    line.turn()
    assert line.statuses(entry) == ["offered"]


def test_an_offer_that_the_desk_books_by_its_hold_is_accepted(line, taken, three, franchise):
    line.cancel(taken)
    line.turn()
    offer = line.offer(three[0])
    line.desk.booked(
        client_id=three[0]["client_id"], hold_id=offer["id"], practitioner_id=franchise.priya
    )
    line.turn()
    assert line.statuses(*three) == ["booked", "waiting", "waiting"]
    assert line.offers(three[0])[0]["status"] == "accepted"


def test_a_client_who_answers_what_the_desk_has_booked_has_the_appointment(
    line, taken, three, franchise
):
    line.cancel(taken)
    line.turn()
    offer = line.offer(three[0])
    line.desk.booked(
        client_id=three[0]["client_id"], hold_id=offer["id"], practitioner_id=franchise.priya
    )
    assert problem(line.desk.client.post(f"/v1/offers/{offer['id']}/decline")) == (
        409,
        "offer-closed",
    )
    accepted = line.accept(offer)
    assert (accepted.status_code, accepted.json["id"]) == (200, offer["id"])
    assert line.statuses(three[0]) == ["booked"]


def test_a_place_inside_the_recovery_of_skin_is_not_offered(line, franchise, taken, three):
    early = line.desk.booked(
        days=3, client_id=three[0]["client_id"], practitioner_id=franchise.noor
    )
    line.cancel(taken)
    line.turn()
    assert line.statuses(*three) == ["waiting", "offered", "waiting"]
    assert early["status"] == "booked"


def test_a_place_before_a_deferral_ends_is_not_offered(line, franchise, taken, three):
    line.screened("defer", franchise.at("00:00", 8), three[0]["client_id"])
    line.screened("refuse", None, three[1]["client_id"])
    line.cancel(taken)
    line.turn()
    assert line.statuses(*three) == ["waiting", "waiting", "offered"]


def test_who_is_elsewhere_at_the_time_is_not_asked(line, franchise, taken, three):
    line.desk.booked(
        "10:30",
        client_id=three[0]["client_id"],
        treatment_id=franchise.peel,
        practitioner_id=franchise.noor,
    )
    line.cancel(taken)
    line.turn()
    assert line.statuses(*three) == ["waiting", "offered", "waiting"]


def test_a_long_morning_is_shared_out_by_rank(line, franchise, hands, taken):
    second = line.desk.booked(
        "11:00", client_id=franchise.a_client(), practitioner_id=franchise.priya
    )
    entries = []
    for _ in range(3):
        entries.append(
            line.join(client_id=franchise.a_client(), earliest_time="10:00", latest_time="11:00")
        )
        hands.on(minutes=1)
    line.turn()
    line.cancel(taken)
    line.cancel(second)
    line.turn()
    assert line.statuses(*entries) == ["offered", "offered", "waiting"]
    starts = [line.offer(each)["starts_at"] for each in entries[:2]]
    assert starts == [taken["starts_at"], second["starts_at"]]


def test_offers_of_an_entry_are_pages(line, taken, three):
    line.cancel(taken)
    line.turn()
    path = f"/v1/waiting-list/{three[0]['id']}/offers"
    page = line.desk.client.get(path, query_string={"limit": 1}).json
    assert (len(page["items"]), page["next"]) == (1, None)
    shown = line.desk.client.get(f"/v1/offers/{page['items'][0]['id']}").json
    assert shown == page["items"][0]
    assert problem(line.desk.client.get(f"/v1/waiting-list/{taken['id']}/offers"))[0] == 404
    assert problem(line.desk.client.get(f"/v1/offers/{taken['id']}")) == (404, "offer-unknown")
