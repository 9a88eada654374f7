"""A client who was registered this moment, and two people who change the same visit."""

import threading
from concurrent.futures import ThreadPoolExecutor

from services.booking.api import newcomers
from shared import ids
from shared.seats import Seats
from tests.integration.booking.conftest import problem


def test_client_registered_this_moment_is_waited_for(patient, desk, franchise):
    client_id = ids.new()
    desk.times()  # the application is made before others use its pool
    news = threading.Timer(0.3, franchise.a_client, kwargs={"client_id": client_id})
    news.start()
    try:
        assert desk.booked(client_id=client_id)["client_id"] == str(client_id)
    finally:
        news.join()


def test_news_that_does_not_come_is_told_with_when_to_ask_again(desk, franchise):
    answer = desk.book(client_id=ids.new())
    assert problem(answer) == (404, "client-unknown")
    assert answer.headers["Retry-After"] == "1"
    assert answer.json["detail"].endswith("Try again in a moment.")


def test_while_many_wait_for_news_the_next_is_told_at_once(desk, monkeypatch):
    monkeypatch.setattr(newcomers, "WAITING", Seats(0))
    monkeypatch.setattr(newcomers, "WAIT_FOR_CLIENT_S", float("inf"))  # it would never end
    answer = desk.book(client_id=ids.new())
    assert problem(answer) == (404, "client-unknown")


def test_of_two_who_move_the_same_visit_one_is_told_that_it_changed(desk, franchise):
    booked = desk.booked(practitioner_id=franchise.priya)
    gate = threading.Barrier(2)

    def move(number):
        gate.wait()
        person = str((franchise.noor, franchise.priya)[number])
        at = franchise.at(("14:00", "15:00")[number]).isoformat()
        return desk.move(booked, starts_at=at, practitioner_id=person).status_code

    with ThreadPoolExecutor(2) as desks:
        assert sorted(desks.map(move, range(2))) == [200, 412]
    assert desk.show(booked)["version"] == 2
