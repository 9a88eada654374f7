"""One key stands for one click on one link: what was accepted by it is not another's, nor other."""

from tests.integration.booking.charges import charging, lines
from tests.integration.booking.conftest import problem
from tests.integration.booking.links.conftest import link

KEY = {"Idempotency-Key": "one-click"}


def accepting(amount_minor, currency="GBP"):
    return {"accepted_fee": {"amount_minor": amount_minor, "currency": currency}}


def late(franchise):
    """Let Soho ask for a notice that nobody of these tests gives."""
    charging(franchise, cancel_notice_minutes=43_200)


def test_refused_acceptance_uses_up_no_key_and_a_repeat_with_another_fee_is_refused(
    phone, desk, franchise
):
    late(franchise)
    booked = desk.booked()
    path = link(booked, "cancel") + "/cancel"
    for cheaper in (accepting(1), accepting(9000, "EUR")):
        assert problem(phone.post(path, json=cheaper, headers=KEY)) == (409, "fee-differs")
    assert desk.show(booked)["status"] == "booked"
    assert phone.post(path, json=accepting(9000), headers=KEY).status_code == 200
    again = phone.post(path, json=accepting(9000), headers=KEY)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    other = phone.post(path, json=accepting(1), headers=KEY)
    assert problem(other) == (422, "idempotency-key-reused")
    assert lines(desk.client, booked) == [("late_fee", 9000)]


def test_key_of_another_clients_click_tells_nothing_and_does_nothing(phone, desk, franchise):
    late(franchise)
    booked, others = desk.booked("10:00"), desk.booked("12:00", client_id=franchise.other)
    first = phone.post(link(others, "cancel") + "/cancel", json=accepting(9000), headers=KEY)
    assert first.status_code == 200, first.json
    answer = phone.post(link(booked, "cancel") + "/cancel", json=accepting(9000), headers=KEY)
    assert problem(answer) == (422, "idempotency-key-reused")
    assert others["starts_at"] not in answer.text
    assert desk.show(booked)["status"] == "booked"
